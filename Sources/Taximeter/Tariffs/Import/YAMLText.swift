/// YAML to be read and edited by people: blocks outside, one-line mappings inside, quotes only where they are needed.
indirect enum YAMLText {
    /// A text.
    case string(String)
    /// A number or an instant, which needs no quotes.
    case plain(String)
    /// `{a: 1, b: 2}`.
    case inline([(String, YAMLText)])
    /// `[a, b]`.
    case inlineList([YAMLText])
    /// A member a line.
    case block([(String, YAMLText)])
    /// An item a line, or several.
    case list([YAMLText])

    /// The document.
    var text: String { lines.joined(separator: "\n") + "\n" }

    private var lines: [String] {
        switch self {
        case .block(let members):
            members.flatMap { name, value in
                let key = Self.quoted(name) + ":"
                return value.isBlock ? [key] + value.lines.map { "  " + $0 } : ["\(key) \(value.inline)"]
            }
        case .list(let items):
            items.flatMap { item in
                item.lines.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }
            }
        default: [inline]
        }
    }

    private var isBlock: Bool {
        switch self {
        case .block, .list: true
        default: false
        }
    }

    private var inline: String {
        switch self {
        case .string(let text): Self.quoted(text)
        case .plain(let text): text
        case .inline(let members), .block(let members):
            "{" + members.map { "\(Self.quoted($0.0)): \($0.1.inline)" }.joined(separator: ", ") + "}"
        case .inlineList(let items), .list(let items):
            "[" + items.map(\.inline).joined(separator: ", ") + "]"
        }
    }

    /// A text that cannot be taken for anything else as it is; any other in JSON's quotes.
    private static func quoted(_ text: String) -> String {
        let isLetter = { (byte: UInt8) in (0x61...0x7A).contains(byte | 0x20) }
        let isPlain =
            (text.utf8.first.map(isLetter) ?? false)
            && text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || plainMarks.contains($0) }
            && !text.hasSuffix(":")
        let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        return isPlain && !words.contains(text.lowercased()) ? text : CanonicalJSON.string(text).text
    }

    /// Characters that mean nothing to YAML inside a word; a colon only does before a space or at the end.
    private static let plainMarks = Set("_./+@-:".utf8)
}
