import Testing

@testable import Taximeter

@Suite struct RoundingTests {
    /// Amount, currency, and what each rule makes of it: half away from zero, half even, up.
    @Test(arguments: [
        ("0.045", "USD", "0.05", "0.04", "0.05"),  // Scaleway: 0.3 × 0.15, rounded up to the cent
        ("0.055", "USD", "0.06", "0.06", "0.06"),
        ("0.0449", "USD", "0.04", "0.04", "0.05"),
        ("0.04", "USD", "0.04", "0.04", "0.04"),
        ("0.040000000000000001", "USD", "0.04", "0.04", "0.05"),
        ("-0.045", "USD", "-0.05", "-0.04", "-0.05"),
        ("-0.0401", "USD", "-0.04", "-0.04", "-0.05"),
        ("0.333", "USD", "0.33", "0.33", "0.34"),  // 333 × 0.001
        ("0.666", "USD", "0.67", "0.67", "0.67"),  // cumulative 666 × 0.001; the second line is 0.67 − 0.33 = 0.34
        ("1.1", "USD", "1.1", "1.1", "1.1"),  // 100 × 0.011
        ("2.5", "JPY", "3", "2", "3"),
        ("3.5", "JPY", "4", "4", "4"),
        ("0.0005", "KWD", "0.001", "0", "0.001"),
        ("0", "USD", "0", "0", "0"),
    ])
    func roundsToTheMinorUnit(_ amount: String, _ code: String, _ away: String, _ even: String, _ up: String) throws {
        let money = try Money(amount, #require(Currency(code: code)))
        #expect(try money.rounded(.halfAwayFromZero).decimalText == away)
        #expect(try money.rounded(.halfEven).decimalText == even)
        #expect(try money.rounded(.up).decimalText == up)
    }

    @Test func dividesByItsRule() throws {
        #expect(try Money("10", .usd).divided(by: 3, rounding: .halfEven).decimalText == "3.333333333333333333")
        #expect(try Money("10", .usd).divided(by: 3, rounding: .up).decimalText == "3.333333333333333334")
        #expect(try Money("-10", .usd).divided(by: 3, rounding: .up).decimalText == "-3.333333333333333334")
        #expect(try Money("10", .usd).divided(by: -4, rounding: .up).decimalText == "-2.5")
        #expect(try Money("0.000000000000000001", .usd).divided(by: 2, rounding: .halfEven).units == 0)
        #expect(try Money("0.000000000000000001", .usd).divided(by: 2, rounding: .halfAwayFromZero).units == 1)
    }
}

@Suite struct LargestRemainderTests {
    /// FACTS: 0.05 over 1:1:1, 100 over 1:2:3, 10,000 cents over 1:1:1, 100 cents over 1:2:4.
    @Test(
        arguments: [
            ("0.05", [1, 1, 1], ["0.02", "0.02", "0.01"]),
            ("100", [1, 2, 3], ["16.67", "33.33", "50"]),
            ("100", [1, 1, 1], ["33.34", "33.33", "33.33"]),
            ("1", [1, 2, 4], ["0.14", "0.29", "0.57"]),
            ("-0.05", [1, 1, 1], ["-0.02", "-0.02", "-0.01"]),
            ("0.01", [0, 0, 5], ["0", "0", "0.01"]),
            ("0", [1, 2], ["0", "0"]),
        ] as [(String, [Int128], [String])])
    func sharesOutCents(_ amount: String, _ weights: [Int128], _ shares: [String]) throws {
        #expect(try Money(amount, .usd).allocated(over: weights).map(\.decimalText) == shares)
    }

    @Test func sharesOutSmallerUnitsWhereAsked() throws {
        let shares = try Money("0.1", .usd).allocated(over: [1, 1, 1], decimals: 18)
        #expect(shares.map(\.units) == [33_333_333_333_333_334, 33_333_333_333_333_333, 33_333_333_333_333_333])
        #expect(throws: MoneyError.notWhole(decimals: 2)) { try Money("0.001", .usd).allocated(over: [1]) }
    }

    @Test(arguments: [[], [0, 0], [1, -1]] as [[Int128]])
    func refusesUnusableWeights(_ weights: [Int128]) {
        #expect(throws: MoneyError.unusableWeights) { try LargestRemainder.shares(of: 1, over: weights) }
    }

    @Test func holdsAtTheEndsOfTheRange() throws {
        #expect(try LargestRemainder.shares(of: .min, over: [1, 1]) == [.min / 2, .min / 2])
        #expect(try LargestRemainder.shares(of: .max, over: [.max - 1, 1]) == [.max - 1, 1])
        #expect(try LargestRemainder.shares(of: .min, over: [7]) == [.min])
        #expect(throws: MoneyError.overflow) { try LargestRemainder.shares(of: 1, over: [.max, 1]) }
    }

    @Test func alwaysAddsUpAndIsWithinOneUnit() throws {
        var dice = Dice(seed: 11)
        for _ in 0..<500 {
            let total = Int128(dice.whole(-1_000_000...1_000_000)) << dice.whole(0...40)
            let weights = (0..<dice.whole(1...9)).map { _ in Int128(dice.whole(0...100_000)) }
            guard weights.contains(where: { $0 > 0 }) else { continue }
            let shares = try LargestRemainder.shares(of: total, over: weights)
            #expect(shares.reduce(0, +) == total, "\(dice)")
            let sum = weights.reduce(0, +)
            for (share, weight) in zip(shares, weights) {
                #expect((share * sum - total * weight).magnitude < sum.magnitude, "\(dice)")
            }
        }
    }
}

@Suite struct UnitPriceTests {
    @Test(
        arguments: [
            ("0.14", 140_000_000_000, "0.14"), ("2.19", 2_190_000_000_000, "2.19"), ("0", 0, "0"),
            ("0.003625", 3_625_000_000, "0.003625"), ("0.000000000001", 1, "0.000000000001"),
            ("75.00", 75_000_000_000_000, "75"),
        ] as [(String, Int128, String)])
    func isWrittenPerMillion(_ text: String, _ units: Int128, _ written: String) throws {
        let price = try UnitPrice(perMillion: text)
        #expect(price.unitsPerToken == units)
        #expect(price.perMillion == written)
    }

    @Test func refusesWhatIsNotExactOrNegative() {
        #expect(throws: DecimalError.tooManyDecimals("0.0000000000001", limit: 12)) {
            try UnitPrice(perMillion: "0.0000000000001")
        }
        #expect(throws: DecimalError.negative("-0.14")) { try UnitPrice(perMillion: "-0.14") }
        #expect(throws: DecimalError.negative("-0.5")) { try Factor("-0.5") }
    }

    @Test(
        arguments: [
            ("0.14", "0.5", "0.07"), ("0.003625", "0.5", "0.0018125"), ("3", "1.25", "3.75"), ("0.14", "0", "0"),
            ("0.000000000001", "0.5", nil), ("0.000000000002", "0.5", "0.000000000001"),
            ("0.000000000003", "0.333", nil),
        ] as [(String, String, String?)])
    func factorsAreExactOrRefused(_ price: String, _ factor: String, _ product: String?) throws {
        let result = try Factor(factor).applied(to: UnitPrice(perMillion: price))
        #expect(result?.perMillion == product)
    }

    @Test func factorsStackWithoutRounding() throws {
        let factor = try Factor("0.5").multiplied(by: Factor("2")).multiplied(by: Factor("1.10"))
        #expect(factor.description == "1.1")
        #expect(try Factor("0.50") == Factor("0.5"))
        #expect(throws: MoneyError.overflow) {
            try (0..<20).reduce(Factor("1.01")) { product, _ in try product.multiplied(by: Factor("1.01")) }
        }
        #expect(throws: MoneyError.overflow) {
            try Factor("100000000000000000000").applied(to: UnitPrice(perMillion: "100000000000000000000"))
        }
    }

    @Test func amountsAreExactOrOverflow() throws {
        let price = try UnitPrice(perMillion: "2.19")
        #expect(try price.amount(tokens: 168_000_000_000) == Money("367920", .usd).units)
        #expect(throws: MoneyError.overflow) {
            try UnitPrice(unitsPerToken: .max / 2).amount(tokens: 3)
        }
    }
}
