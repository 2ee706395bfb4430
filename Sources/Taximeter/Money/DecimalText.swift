/// Why a text is not the exact decimal that was asked for.
public enum DecimalError: Error, Equatable, CustomStringConvertible {
    /// Not digits with at most one point between them: an exponent, a sign on the wrong side, a leading zero, a word.
    case malformed(String)
    /// More digits behind the point than the value can hold exactly.
    case tooManyDecimals(String, limit: Int)
    /// Larger than 128 bits can hold.
    case tooLarge(String)
    /// Below zero, where that has no meaning.
    case negative(String)

    /// What was found, and what was expected.
    public var description: String {
        switch self {
        case .malformed(let text): "\"\(clipped(text))\" is not a decimal; expected digits such as 0.14, no exponent"
        case .tooManyDecimals(let text, let limit): "\"\(clipped(text))\" has more than \(limit) decimals"
        case .tooLarge(let text): "\"\(clipped(text))\" is too large"
        case .negative(let text): "\"\(clipped(text))\" is negative"
        }
    }
}

/// Decimals as text, to and from a whole number of 10⁻ⁿ units. Never through a floating-point number.
enum DecimalText {
    /// Reads `-12.34` as a count of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ.
    static func units(_ text: some StringProtocol, decimals: Int) throws(DecimalError) -> Int128 {
        let bytes = Array(text.utf8)
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = isNegative ? bytes.dropFirst() : bytes[...]
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }), let whole = parts.first,
            whole.count == 1 || whole.first != UInt8(ascii: "0")
        else { throw .malformed(String(text)) }
        let fraction = parts.count == 2 ? parts[1] : []
        if fraction.count > decimals { throw .tooManyDecimals(String(text), limit: decimals) }

        var units: Int128 = 0
        for digit in whole + fraction + Array(repeating: UInt8(ascii: "0"), count: decimals - fraction.count) {
            // Downwards for a negative number, so that the most negative one can be read too.
            let step = Int128(digit - UInt8(ascii: "0")) * (isNegative ? -1 : 1)
            let (tenfold, overflowed) = units.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tenfold.addingReportingOverflow(step)
            if overflowed || overflow { throw .tooLarge(String(text)) }
            units = sum
        }
        return units
    }

    /// Writes a count of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ, without zeros at the end beyond so many decimals.
    static func text(_ units: Int128, decimals: Int, atLeast minimum: Int = 0) -> String {
        // Bytes, not characters: an invoice writes dozens.
        let digits = Array(String(units.magnitude).utf8)
        let zero = UInt8(ascii: "0")
        var bytes: [UInt8] = units < 0 ? [UInt8(ascii: "-")] : []
        let padding = max(0, decimals + 1 - digits.count)
        bytes.reserveCapacity(digits.count + padding + 2)
        bytes.append(contentsOf: repeatElement(zero, count: padding))
        bytes += digits
        var fraction = decimals
        while fraction > minimum, bytes.last == zero {
            bytes.removeLast()
            fraction -= 1
        }
        if fraction > 0 { bytes.insert(UInt8(ascii: "."), at: bytes.count - fraction) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// The text, cut where it is too long for a message.
func clipped(_ text: String, to limit: Int = 60) -> String {
    text.count <= limit ? text : text.prefix(limit) + "…"
}
