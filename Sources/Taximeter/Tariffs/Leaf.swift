/// A value of a canonical document, and the keys that lead to it.
struct Leaf {
    /// Keys of mappings; of a list's items `[name]` where each has a name of its own, else `[place]`, from 1.
    let path: [String]
    /// The value; texts of a list joined by commas.
    let value: String
}

/// The values of a canonical document in their order. A list of texts is one value.
func leaves(_ canonicalJSON: String) -> [Leaf] {
    YAMLSource(canonicalJSON, file: "").root.map { leaves($0, at: []) } ?? []
}

private func leaves(_ node: FileNode, at path: [String]) -> [Leaf] {
    switch node.content {
    case .refused: []
    case .text(let text): [Leaf(path: path, value: text)]
    case .mapping(let pairs): pairs.flatMap { leaves($0.value, at: path + [$0.key.text ?? ""]) }
    case .list(let items): leaves(ofItems: items, at: path)
    }
}

private func leaves(ofItems items: [FileNode], at path: [String]) -> [Leaf] {
    let texts = items.compactMap(\.text)
    if !items.isEmpty, texts.count == items.count { return [Leaf(path: path, value: texts.joined(separator: ", "))] }
    let names = items.compactMap(\.name)
    let isNamed = Set(names).count == items.count
    return items.enumerated().flatMap { index, item in
        let place = path + ["[\(isNamed ? names[index] : String(index + 1))]"]
        let inside = leaves(item, at: place)
        // The name says where the values are, unless it is all that there is.
        return isNamed && inside.count > 1 ? inside.filter { $0.path != place + ["name"] } : inside
    }
}

extension FileNode {
    /// The value of the member `name`.
    fileprivate var name: String? {
        guard case .mapping(let pairs) = content else { return nil }
        return pairs.first { $0.key.text == "name" }?.value.text
    }
}

extension [String] {
    /// `bands[long].rates.output`.
    var pathText: String {
        reduce("") { text, part in text.isEmpty || part.hasPrefix("[") ? text + part : text + "." + part }
    }
}
