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
        // Digits are aligned at the decimal point: fill the fraction up to a multiple of four places. There are 42 decimal
        // digits at most, so eleven of these, kept in place: amounts are written by the hundred million.
        var digits: [12 of Int16] = .init(repeating: 0)
        var count = 0
        var rest = units.magnitude
        let lowest = scale % 4
        if lowest > 0, rest > 0 {
            digits[0] = Int16(Self.takeDigit(from: &rest, below: Self.powerOfTen(lowest)) * Self.powerOfTen(4 - lowest))
            count = 1
        }
        while rest > UInt128(UInt64.max) {
            digits[count] = Int16(Self.takeDigit(from: &rest, below: 10_000))
            count += 1
        }
        var small = UInt64(truncatingIfNeeded: rest)
        while small > 0 {
            digits[count] = Int16(small % 10_000)
            small /= 10_000
            count += 1
        }
        // Neither zeros before the first digit nor after the last are sent.
        var trailing = 0
        while trailing < count, digits[trailing] == 0 { trailing += 1 }
        buffer.write(Int16(count - trailing))
        buffer.write(Int16(count == 0 ? 0 : count - (scale + 3) / 4 - 1))
        buffer.write(units < 0 ? Self.negative : 0)
        buffer.write(Int16(scale))
        for index in (trailing..<count).reversed() { buffer.write(digits[index]) }
    }

    /// Divides by a unit, and gives what is left over.
    @inline(__always)
    private static func takeDigit(from rest: inout UInt128, below unit: Int) -> Int {
        if let small = UInt64(exactly: rest) {
            let (quotient, remainder) = small.quotientAndRemainder(dividingBy: UInt64(unit))
            rest = UInt128(quotient)
            return Int(remainder)
        }
        let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: UInt128(unit))
        rest = quotient
        return Int(remainder)
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
        // The place value of the last digit read, in units of 10^-scale.
        var exponent = 0
        for index in 0..<count {
            let digit = Int(try reader.read(UInt16.self))
            exponent = (weight - index) * 4 + scale
            magnitude = try appending(digit, exponent, to: magnitude)
        }
        if magnitude > 0, exponent > 0 {
            for _ in 0..<exponent { magnitude = try sum(magnitude, times: 10, plus: 0) }
        }
        try reader.end()
        let least = Int128.min.magnitude
        if sign == negative, magnitude == least { return Numeric(units: .min, scale: scale) }
        guard let units = Int128(exactly: magnitude) else { throw tooLarge }
        return Numeric(units: sign == negative ? -units : units, scale: scale)
    }

    /// Appends a digit; of the last, places may reach beyond the scale, with zeros.
    private static func appending(
        _ digit: Int, _ exponent: Int, to magnitude: UInt128
    ) throws(PostgresError) -> UInt128 {
        if exponent >= 0 { return try sum(magnitude, times: 10_000, plus: digit) }
        guard exponent > -5, digit % powerOfTen(-exponent) == 0 else {
            throw .decoding("a numeric has more digits than its scale says")
        }
        return try sum(magnitude, times: powerOfTen(4 + exponent), plus: digit / powerOfTen(-exponent))
    }

    @inline(__always)
    private static func sum(
        _ magnitude: UInt128, times factor: Int, plus digit: Int
    ) throws(PostgresError) -> UInt128 {
        // Most are small, and 64 bits are several times faster.
        if magnitude < 1 << 48 {
            return UInt128(UInt64(truncatingIfNeeded: magnitude) &* UInt64(factor) &+ UInt64(digit))
        }
        let (product, overflow) = magnitude.multipliedReportingOverflow(by: UInt128(factor))
        let (total, isTooLarge) = product.addingReportingOverflow(UInt128(digit))
        if overflow || isTooLarge { throw tooLarge }
        return total
    }

    private static var tooLarge: PostgresError { .decoding("a numeric does not fit in 128 bits") }

    /// 10⁰ to 10⁴.
    @inline(__always)
    private static func powerOfTen(_ exponent: Int) -> Int {
        switch exponent {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1_000
        default: 10_000
        }
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
