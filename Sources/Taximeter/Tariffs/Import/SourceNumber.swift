/// A number as JSON spells it, exponent and all, exactly: `1.5e-07` is the digits 15 and the exponent −8.
struct SourceNumber: Hashable {
    /// Without zeros at either end; empty for zero.
    private let digits: String
    /// The power of ten of the last digit.
    private let exponent: Int
    let isNegative: Bool

    /// Larger exponents are no prices, and would only ask for memory.
    private static let exponents = -100...100

    /// Reads a number; nil for anything else, such as a word.
    init?(_ text: String) {
        var rest = Substring(text)
        let isBelowZero = rest.first == "-"
        if isBelowZero { rest.removeFirst() }
        let mantissa = rest.prefix { $0 != "e" && $0 != "E" }
        let power = mantissa.endIndex == rest.endIndex ? 0 : Int(rest[mantissa.endIndex...].dropFirst())
        let parts = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.count <= 100, let power, Self.exponents.contains(power),
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        var digits = (parts[0] + fraction).drop { $0 == "0" }
        var exponent = power - fraction.count
        while digits.last == "0" {
            digits.removeLast()
            exponent += 1
        }
        self.digits = String(digits)
        self.exponent = digits.isEmpty ? 0 : exponent
        isNegative = isBelowZero && !digits.isEmpty
    }

    /// The number times a power of ten as digits with a point: what the price book's own readers take.
    func text(timesTenTo power: Int = 0) -> String {
        if digits.isEmpty { return "0" }
        let exponent = exponent + power
        let sign = isNegative ? "-" : ""
        if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
        let padded = String(repeating: "0", count: max(0, 1 - exponent - digits.count)) + digits
        return sign + padded.dropLast(-exponent) + "." + padded.suffix(-exponent)
    }

    /// The number, where it is whole and fits.
    var whole: Int64? { exponent >= 0 ? Int64(text()) : nil }
}

extension UnitPrice {
    /// A price that a source states for one token or for a million of them.
    ///
    /// - Throws: ``ImportFault`` with what is wrong with it.
    init(_ node: FileNode, field: String, perTokens power: Int) throws(ImportFault) {
        guard case .text(let text) = node.content, let number = SourceNumber(text) else {
            throw ImportFault(field: field, node: node, reason: "is not a price")
        }
        do {
            self = try UnitPrice(perMillion: number.text(timesTenTo: 6 - power))
        } catch .tooManyDecimals {
            throw ImportFault(field: field, node: node, reason: ImportFault.tooManyDigits)
        } catch {
            throw ImportFault(field: field, node: node, reason: number.isNegative ? "is negative" : "is too large")
        }
    }
}
