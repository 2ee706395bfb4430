/// A decimal as a whole number of millionths, for drawing: places on a page need no more, and what is written beside them
/// comes from the decimal itself.
enum ChartNumber {
    /// Nil for what is no decimal. Digits after the sixth place are left out.
    static func millionths(_ decimal: String?) -> Int128? {
        guard let decimal else { return nil }
        let isNegative = decimal.hasPrefix("-")
        let parts = decimal.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return nil }
        let fraction = parts.count == 2 ? parts[1].prefix(6) : ""
        let digits = parts[0] + fraction + String(repeating: "0", count: 6 - fraction.count)
        return Int128(digits).map { isNegative ? -$0 : $0 }
    }

    /// The decimal of so many millionths.
    static func decimal(_ millionths: Int128) -> String {
        let digits = String(millionths.magnitude)
        let padded = String(repeating: "0", count: max(0, 7 - digits.count)) + digits
        return (millionths < 0 ? "-" : "") + padded.dropLast(6) + "." + padded.suffix(6)
    }

    /// The smallest of 1, 2 and 5 times a power of ten of which five go beyond a value: how far apart the lines of a scale
    /// are.
    static func step(upTo most: Int128) -> Int128 {
        var power: Int128 = 1
        while power < most {
            for factor in [1, 2, 5] as [Int128] where power * factor * 5 >= most { return power * factor }
            power *= 10
        }
        return power
    }

    /// A figure beside a scale: in thousands, millions or billions where it is that large.
    static func label(_ millionths: Int128) -> String {
        let units = [(1_000_000_000, " B"), (1_000_000, " M"), (1_000, " k")] as [(Int128, String)]
        for (size, name) in units where abs(millionths) >= size * 1_000_000 {
            return trimmed(millionths / size) + name
        }
        return trimmed(millionths)
    }

    private static func trimmed(_ millionths: Int128) -> String {
        var text = decimal(millionths)
        while text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

/// Values to places along one direction of a drawing, in hundredths of its unit.
struct ChartScale {
    private let low: Int128
    private let range: Int128
    /// Where `low` and the highest value lie, in hundredths.
    private let from: Int
    private let to: Int

    /// - Parameters:
    ///   - values: The lowest and the highest.
    ///   - places: Where they lie, in units of the drawing.
    init(_ values: ClosedRange<Int128>, at places: (Int, Int)) {
        low = values.lowerBound
        range = max(values.upperBound - values.lowerBound, 1)
        (from, to) = (places.0 * 100, places.1 * 100)
    }

    /// Where a value lies, as SVG writes it.
    func place(_ value: Int128) -> String { Self.text(hundredths(value)) }

    /// How far apart two values lie.
    func length(_ first: Int128, _ second: Int128) -> String {
        Self.text(abs(hundredths(first) - hundredths(second)))
    }

    private func hundredths(_ value: Int128) -> Int { from + Int((value - low) * Int128(to - from) / range) }

    /// A number of hundredths, as SVG writes it.
    static func text(_ hundredths: Int) -> String {
        let (whole, part) = (abs(hundredths) / 100, abs(hundredths) % 100)
        return (hundredths < 0 ? "-" : "") + "\(whole)" + (part == 0 ? "" : part < 10 ? ".0\(part)" : ".\(part)")
    }
}
