/// JSON with its members in the order given and no space: the same bytes for the same content. Also valid YAML.
indirect enum CanonicalJSON {
    /// A string.
    case string(String)
    /// A whole number.
    case number(Int64)
    /// True.
    case yes
    /// An array.
    case list([CanonicalJSON])
    /// An object.
    case object([(String, CanonicalJSON)])
    /// Text that is canonical JSON already.
    case verbatim(String)

    /// The text.
    var text: String {
        switch self {
        case .string(let string): Self.quoted(string)
        case .number(let number): String(number)
        case .yes: "true"
        case .list(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
        case .verbatim(let text): text
        }
    }

    private static func quoted(_ string: String) -> String {
        // Nearly every text: printable ASCII with nothing to escape.
        let isPlain = string.utf8.allSatisfy { byte in
            byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        }
        if isPlain { return "\"" + string + "\"" }
        var quoted = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                quoted += "\\"
                quoted.unicodeScalars.append(scalar)
            // What a YAML reader takes for a line break or refuses raw, though JSON allows it.
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default:
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
