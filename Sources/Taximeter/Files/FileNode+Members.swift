extension FileNode {
    /// The members of a mapping in their order; none for anything else.
    var members: [(name: String, value: FileNode)] {
        guard case .mapping(let pairs) = content else { return [] }
        return pairs.compactMap { pair in
            if case .text(let name) = pair.key.content { (name, pair.value) } else { nil }
        }
    }

    /// The members by their names.
    var memberDictionary: [String: FileNode] {
        Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// The value of a member; nil where there is none, or it is null.
    subscript(name: String) -> FileNode? { members.first { $0.name == name }.map(\.value).flatMap(\.unlessNull) }

    /// The items of a list; none for anything else.
    var items: [FileNode] { if case .list(let items) = content { items } else { [] } }

    /// The text of a scalar.
    var text: String? { if case .text(let text) = content { text } else { nil } }

    /// The number that stands there.
    var number: SourceNumber? { text.flatMap(SourceNumber.init) }

    /// Nothing for JSON's null.
    var unlessNull: FileNode? { text == "null" ? nil : self }
}
