/// A `numeric`: a whole number of units of 10^-scale, exact.
public struct Numeric: PostgresScalar, Hashable {
    /// How many units.
    public var units: Int128
    /// Decimal places, 0 to 38.
    public var scale: Int

    /// So many units of 10^-scale.
    public init(units: Int128, scale: Int) {
        self.units = units
        self.scale = scale
    }

    /// `numeric`
    public static var typeOID: UInt32 { 1700 }
    /// `numeric[]`
    public static var arrayTypeOID: UInt32 { 1231 }

    private static let negative: UInt16 = 0x4000

    /// Writes base-10,000 digits, as in PostgreSQL's `numeric_send`.
    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        guard (0...38).contains(scale) else { throw .encoding("a numeric has scale \(scale); expected 0 to 38") }
        // Digits are aligned at the decimal point: fill the fraction up to a multiple of four places.
        var rest = units.magnitude
        var fractionDigits = (scale + 3) / 4
        var digits: [Int16] = []
        digits.reserveCapacity(12)
        let lowest = scale % 4
        if lowest > 0, let small = UInt64(exactly: rest) {
            let unit = UInt64(Self.powerOfTen(lowest))
            digits.append(Int16(small % unit) * Int16(Self.powerOfTen(4 - lowest)))
            rest = UInt128(small / unit)
        } else if lowest > 0 {
            let unit = UInt128(Self.powerOfTen(lowest))
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: unit)
            digits.append(Int16(remainder) * Int16(Self.powerOfTen(4 - lowest)))
            rest = quotient
        }
        while rest > UInt128(UInt64.max) {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10_000)
            digits.append(Int16(remainder))
            rest = quotient
        }
        var small = UInt64(truncatingIfNeeded: rest)
        while small > 0 {
            digits.append(Int16(small % 10_000))
            small /= 10_000
        }
        while digits.count < fractionDigits { digits.append(0) }
        // Neither zeros before the first digit nor after the last are sent.
        var weight = digits.count - fractionDigits - 1
        while digits.last == 0 {
            digits.removeLast()
            weight -= 1
        }
        let trailing = digits.prefix { $0 == 0 }.count
        fractionDigits -= trailing
        buffer.write(Int16(digits.count - trailing))
        buffer.write(Int16(digits.isEmpty ? 0 : weight))
        buffer.write(units < 0 ? Self.negative : 0)
        buffer.write(Int16(scale))
        for index in (trailing..<digits.count).reversed() { buffer.write(digits[index]) }
    }

    /// Reads base-10,000 digits. NaN, infinities, and what does not fit in 128 bits are refused.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Numeric {
        var reader = WireReader(bytes)
        let count = Int(try reader.read(Int16.self))
        let weight = Int(try reader.read(Int16.self))
        let sign = try reader.read(UInt16.self)
        let scale = Int(try reader.read(UInt16.self))
        guard sign == 0 || sign == negative else { throw .decoding("a numeric is NaN or infinite; expected a number") }
        guard scale <= 38 else { throw .decoding("a numeric has \(scale) decimals; expected at most 38") }
        guard count >= 0 else { throw .decoding("a numeric has \(count) digits") }
        // The magnitude of the least Int128 has no positive counterpart.
        var magnitude: UInt128 = 0
        for index in 0..<count {
            let digit = UInt128(try reader.read(UInt16.self))
            // The place value of the digit, in units of 10^-scale; the last digit may reach beyond the scale with zeros.
            let exponent = (weight - index) * 4 + scale
            magnitude = try adding(digit, exponent, to: magnitude)
        }
        try reader.end()
        let least = Int128.min.magnitude
        if sign == negative, magnitude == least { return Numeric(units: .min, scale: scale) }
        guard let units = Int128(exactly: magnitude) else { throw tooLarge }
        return Numeric(units: sign == negative ? -units : units, scale: scale)
    }

    private static func adding(_ digit: UInt128, _ exponent: Int, to sum: UInt128) throws(PostgresError) -> UInt128 {
        var value = digit
        if exponent < 0 {
            guard exponent > -5, value % UInt128(powerOfTen(-exponent)) == 0 else {
                throw .decoding("a numeric has more digits than its scale says")
            }
            value /= UInt128(powerOfTen(-exponent))
        } else if value != 0 {
            for _ in 0..<exponent {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow { throw tooLarge }
                value = product
            }
        }
        let (total, overflow) = sum.addingReportingOverflow(value)
        if overflow { throw tooLarge }
        return total
    }

    private static var tooLarge: PostgresError { .decoding("a numeric does not fit in 128 bits") }

    private static func powerOfTen(_ exponent: Int) -> Int {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// The same number with other decimals, or nil when it has no such form, or does not fit.
    public func rescaled(to newScale: Int) -> Numeric? {
        var value = units
        for _ in 0..<max(0, newScale - scale) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        for _ in 0..<max(0, scale - newScale) {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            if remainder != 0 { return nil }
            value = quotient
        }
        return Numeric(units: value, scale: newScale)
    }
}
