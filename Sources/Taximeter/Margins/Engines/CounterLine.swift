/// A sample in Prometheus's text format: `name{label="value",…} value [time]`.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details.
struct CounterLine {
    let labels: [String: String]
    let value: Substring
    /// The sample's own time as it stands there: milliseconds, or seconds in OpenMetrics.
    let time: Substring?

    /// Whether a metric may be called so.
    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy(isOfName)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: ":"): true
        default: false
        }
    }

    /// The metric of a line; nil for what is no sample.
    static func name(of line: Substring) -> Substring? {
        let name = line.utf8.prefix(while: isOfName)
        let after = line[name.endIndex...].utf8.first
        guard isName(line[..<name.endIndex]),
            [UInt8(ascii: "{"), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(after)
        else { return nil }
        return line[..<name.endIndex]
    }

    /// Reads what follows the name; nil for what is not in the format.
    init?(_ line: Substring, after name: Substring) {
        var rest = line[name.endIndex...]
        guard let labels = Self.labels(&rest) else { return nil }
        // An exemplar follows a # of its own.
        let words = rest.split { $0 == " " || $0 == "\t" }.prefix { $0 != "#" }
        guard (1...2).contains(words.count), let value = words.first else { return nil }
        self.labels = labels
        self.value = value
        time = words.count == 2 ? words.last : nil
    }

    private static func labels(_ rest: inout Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        guard rest.first == "{" else { return labels }
        rest.removeFirst()
        while true {
            rest = rest.drop { $0 == " " || $0 == "," }
            if rest.first == "}" {
                rest.removeFirst()
                return labels
            }
            guard let equals = rest.firstIndex(of: "="), isName(rest[..<equals]) else { return nil }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard rest.first == "\"" else { return nil }
            rest.removeFirst()
            guard let value = quoted(&rest) else { return nil }
            labels[name] = value
        }
    }

    /// A value up to its closing quote, with `\\`, `\"` and `\n` read.
    private static func quoted(_ rest: inout Substring) -> String? {
        var text = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return text
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                text.append(next == "n" ? "\n" : next)
            default: text.append(character)
            }
        }
        return nil
    }
}
