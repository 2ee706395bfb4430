/// Logarithms, powers and roots in whole numbers: the last bit is the same on every machine, which no mathematics
/// library promises.
enum FixedPoint {
    /// The binary logarithm of a number of 1 or more, in units of 2⁻³², cut off.
    static func log2(_ number: UInt64) -> UInt64 {
        let whole = 63 - number.leadingZeroBitCount
        // The number as 1 ≤ m < 2 in units of 2⁻⁶³; squaring it brings one bit after another of the logarithm.
        var mantissa = number << UInt64(63 - whole)
        var fraction: UInt64 = 0
        for _ in 0..<32 {
            let square = mantissa.multipliedFullWidth(by: mantissa)
            let isTwo = square.high >> 63
            fraction = fraction << 1 | isTwo
            mantissa = isTwo == 1 ? square.high : square.high << 1 | square.low >> 63
        }
        return UInt64(whole) << 32 | fraction
    }

    /// 2 to the power of minus this many 2⁻³², in units of 2⁻⁴⁰.
    static func exp2(minus exponent: UInt64) -> UInt64 {
        let shift = exponent >> 32
        if shift > 40 { return 0 }
        var power = UInt64.max
        for (bit, root) in roots.enumerated() where exponent >> UInt64(31 - bit) & 1 == 1 {
            power = power.multipliedFullWidth(by: root).high
        }
        return power >> (24 + shift)
    }

    /// 2 to the power of −1/2, −1/4, −1/8, …, in units of 2⁻⁶⁴.
    private static let roots: [UInt64] = {
        var roots: [UInt64] = []
        var root = squareRoot(UInt128(1) << 127)
        for _ in 0..<32 {
            roots.append(root)
            root = squareRoot(UInt128(root) << 64)
        }
        return roots
    }()

    /// The square root, cut off to a whole number.
    static func squareRoot(_ number: UInt128) -> UInt64 {
        var root: UInt64 = 0
        for bit in stride(from: 63, through: 0, by: -1) {
            let tried = root | 1 << UInt64(bit)
            if UInt128(tried) * UInt128(tried) <= number { root = tried }
        }
        return root
    }
}

/// Waiting times without memory, of mean 1: −ln of a random fraction, by a table of logarithms between whose places it
/// is drawn straight.
struct ExponentialTable: Sendable {
    /// log₂(1 + place/1024) in units of 2⁻³².
    private let logarithms: [UInt64] = (0...1_024).map { FixedPoint.log2(1_024 + $0) - 10 << 32 }
    /// ln 2 in units of 2⁻³².
    private static let naturalLogarithmOfTwo: UInt64 = 2_977_044_472

    /// A waiting time in units of 2⁻³²; at most 45.
    func sample(_ random: inout SplitMix64) -> UInt64 {
        let bits = max(1, random.next())
        let zeros = UInt64(bits.leadingZeroBitCount)
        let mantissa = bits << zeros
        let place = Int(mantissa >> 53 & 1_023)
        let between = mantissa >> 21 & 0xffff_ffff
        let logarithm = logarithms[place] + ((logarithms[place + 1] - logarithms[place]) * between) >> 32
        let product = ((zeros + 1) << 32 - logarithm).multipliedFullWidth(by: Self.naturalLogarithmOfTwo)
        return product.high << 32 | product.low >> 32
    }
}
