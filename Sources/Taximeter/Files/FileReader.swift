/// Reads a file's tree into values, and notes everything that is wrong on the way.
///
/// A reading function returns nil, or puts a stand-in, only after it has reported; a file with a report is refused, so
/// a stand-in never reaches anybody.
final class FileReader {
    let file: String
    private(set) var diagnostics: [Diagnostic]

    init(file: String, diagnostics: [Diagnostic]) {
        self.file = file
        self.diagnostics = diagnostics
    }

    /// Notes what was found to be wrong before.
    func note(_ found: [Diagnostic]) { diagnostics += found }

    /// Notes something wrong at a place, or at the key of a mapping that is missing there.
    func report(
        _ node: FileNode, missing key: String? = nil, found: String, expected: String, suggestion: String? = nil
    ) {
        if case .refused = node.content { return }
        let path = [node.path, key ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
        diagnostics.append(
            Diagnostic(
                file: file, line: node.line, column: node.column, key: path, found: found, expected: expected,
                suggestion: suggestion))
    }

    /// Notes that a value is not what it should be.
    func report(_ node: FileNode, expected: String, suggestion: String? = nil) {
        report(node, found: Self.words(for: node), expected: expected, suggestion: suggestion)
    }

    /// What a value is called in a message.
    private static func words(for node: FileNode) -> String {
        switch node.content {
        case .text(""): "nothing"
        case .text(let text): "\"\(clipped(text))\""
        case .list: "a list"
        case .mapping: "a mapping"
        case .refused: "something refused"
        }
    }

    // MARK: Shapes

    /// A mapping with some of the known keys.
    struct Fields {
        let node: FileNode
        fileprivate let values: [String: FileNode]

        subscript(key: String) -> FileNode? { values[key] }
    }

    /// A mapping that may have these keys and no other.
    func fields(_ node: FileNode, keys: [String]) -> Fields? {
        guard let entries = entries(node, expected: "a mapping with \(keys.joined(separator: ", "))") else {
            return nil
        }
        var values: [String: FileNode] = [:]
        for entry in entries {
            if keys.contains(entry.name) {
                values[entry.name] = entry.value
            } else {
                report(
                    entry.key, found: "the key \"\(clipped(entry.name))\"",
                    expected: "one of \(keys.joined(separator: ", "))",
                    suggestion: suggestion(for: entry.name, among: keys))
            }
        }
        return Fields(node: node, values: values)
    }

    /// The value of a key that must be there.
    func required(_ fields: Fields, _ key: String, expected: String) -> FileNode? {
        if let value = fields[key] { return value }
        report(fields.node, missing: key, found: "nothing", expected: expected)
        return nil
    }

    /// The members of a mapping whose keys are names of the author's.
    func entries(_ node: FileNode, expected: String) -> [(name: String, key: FileNode, value: FileNode)]? {
        guard case .mapping(let pairs) = node.content else {
            report(node, expected: expected)
            return nil
        }
        return pairs.compactMap { pair in
            if case .text(let name) = pair.key.content { (name, pair.key, pair.value) } else { nil }
        }
    }

    /// A list.
    func list(_ node: FileNode, expected: String) -> [FileNode]? {
        if case .list(let items) = node.content { return items }
        report(node, expected: expected)
        return nil
    }

    // MARK: Values

    /// A text that a function understands.
    func value<Value>(_ node: FileNode?, expected: String, _ read: (String) -> Value?) -> Value? {
        guard let node else { return nil }
        if case .text(let text) = node.content, let value = read(text) { return value }
        report(node, expected: expected)
        return nil
    }

    /// One of some words.
    func word<Value>(_ node: FileNode?, _ words: [(String, Value)]) -> Value? {
        guard let node else { return nil }
        let names = words.map(\.0)
        let expected = names.isEmpty ? "one that is defined, but none is" : names.joined(separator: " or ")
        guard case .text(let text) = node.content else {
            report(node, expected: expected)
            return nil
        }
        if let found = words.first(where: { $0.0 == text }) { return found.1 }
        report(node, expected: expected, suggestion: suggestion(for: text, among: names))
        return nil
    }

    /// An id or a name.
    func identifier(_ node: FileNode?) -> Identifier? {
        value(node, expected: "a name of 1 to \(Identifier.maximumByteCount) bytes, without NUL") {
            try? Identifier($0)
        }
    }

    /// An instant.
    func instant(_ node: FileNode?) -> Instant? {
        value(node, expected: "an instant with its offset, such as 2025-01-20T00:00:00Z") { Instant(rfc3339: $0) }
    }

    /// A time of day.
    func timeOfDay(_ node: FileNode?) -> TimeOfDay? {
        value(node, expected: "a time of day from \"00:00\" to \"24:00\"") { TimeOfDay($0) }
    }
}
