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
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .string(let string): Self.quote(string, to: &text)
        case .number(let number): text += String(number)
        case .yes: text += "true"
        case .list(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                item.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.quote(member.0, to: &text)
                text += ":"
                member.1.write(to: &text)
            }
            text += "}"
        case .verbatim(let verbatim): text += verbatim
        }
    }

    private static func quote(_ string: String, to text: inout String) {
        // Nearly every text: printable ASCII with nothing to escape.
        let isPlain = string.utf8.allSatisfy { byte in
            byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        }
        text += "\""
        if isPlain {
            text += string
            text += "\""
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                text += "\\"
                text.unicodeScalars.append(scalar)
            // What a YAML reader takes for a line break or refuses raw, though JSON allows it.
            case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default:
                text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
