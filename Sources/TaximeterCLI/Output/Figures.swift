/// Writes exact decimals, as the views give them, for people: the figure is rounded for display and never used again.
enum Figures {
    /// A decimal with so many places, half away from zero, and thousands separated: `562,100.00`. A dash for nil.
    static func decimal(_ exact: String?, places: Int) -> String {
        guard let exact, let parts = Parts(exact) else { return "–" }
        let rounded = parts.rounded(to: places)
        let whole = grouped(rounded.whole)
        let isZero = !(rounded.whole + rounded.fraction).contains { $0 != "0" }
        return (parts.isNegative && !isZero ? "−" : "") + whole + (places > 0 ? "." + rounded.fraction : "")
    }

    /// A whole number with thousands separated.
    static func count(_ exact: String?) -> String { decimal(exact, places: 0) }

    /// A fraction as a percentage with two places: `0.845095` is `84.51 %`. A dash for nil.
    static func percent(_ exact: String?) -> String {
        guard let exact, var parts = Parts(exact) else { return "–" }
        parts.shift(by: 2)
        return decimal(parts.text, places: 2) + " %"
    }

    /// A count in billions with so many places: `608.0 B`.
    static func billions(_ exact: String?, places: Int = 1) -> String {
        guard let exact, var parts = Parts(exact) else { return "–" }
        parts.shift(by: -9)
        return decimal(parts.text, places: places) + " B"
    }

    /// A count of tokens with four digits or so: `608.0 B`, `41.3 M`, or all of it below a million.
    static func tokens(_ exact: String?) -> String {
        guard let exact, var parts = Parts(exact), let count = Int128(exact) else { return "–" }
        if count >= 1_000_000_000 { return billions(exact) }
        if count < 1_000_000 { return decimal(exact, places: 0) }
        parts.shift(by: -6)
        return decimal(parts.text, places: 1) + " M"
    }

    private static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A decimal in digits: nothing is converted, so nothing is lost.
    private struct Parts {
        var isNegative: Bool
        var whole: String
        var fraction: String

        init?(_ text: String) {
            isNegative = text.hasPrefix("-")
            let pieces = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
            guard (1...2).contains(pieces.count), let first = pieces.first, !first.isEmpty,
                pieces.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } })
            else { return nil }
            whole = String(first)
            fraction = pieces.count == 2 ? String(pieces[1]) : ""
        }

        var text: String { (isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction) }

        /// Moves the decimal point to the right, or to the left when negative.
        mutating func shift(by places: Int) {
            if places >= 0 {
                fraction += String(repeating: "0", count: max(0, places - fraction.count))
                whole += fraction.prefix(places)
                fraction.removeFirst(places)
            } else {
                whole = String(repeating: "0", count: max(0, 1 - places - whole.count)) + whole
                fraction = whole.suffix(-places) + fraction
                whole.removeLast(-places)
            }
            whole = String(whole.drop { $0 == "0" })
            if whole.isEmpty { whole = "0" }
        }

        func rounded(to places: Int) -> (whole: String, fraction: String) {
            let padded = fraction + String(repeating: "0", count: max(0, places + 1 - fraction.count))
            var digits = Array((whole + padded.prefix(places)).utf8)
            let next = padded.utf8.dropFirst(places).first ?? UInt8(ascii: "0")
            if next >= UInt8(ascii: "5") {
                var index = digits.count - 1
                while index >= 0, digits[index] == UInt8(ascii: "9") {
                    digits[index] = UInt8(ascii: "0")
                    index -= 1
                }
                if index >= 0 { digits[index] += 1 } else { digits.insert(UInt8(ascii: "1"), at: 0) }
            }
            let text = String(decoding: digits, as: UTF8.self)
            return (String(text.dropLast(places)), String(text.suffix(places)))
        }
    }
}
