import TestKit
import Testing

@testable import Taximeter

@Suite struct FXTests {
    private static func currency(_ code: String) throws -> Currency { try #require(Currency(code: code)) }

    private static func day(_ text: String) throws -> CivilDate { try #require(CivilDate(iso8601: text)) }

    private static func rate(_ base: Currency, _ day: CivilDate, _ rate: Money) throws -> FXRate {
        let source = try Identifier("test")
        return try #require(FXRate(base: base, day: day, rate: rate, source: source))
    }

    private static func rate(_ base: String, _ quote: String, _ day: String, _ rate: String) throws -> FXRate {
        try Self.rate(currency(base), Self.day(day), Money(rate, currency(quote)))
    }

    private static func table() throws -> FXTable {
        FXTable([
            try rate("EUR", "USD", "2025-02-28", "1.25"), try rate("EUR", "USD", "2025-02-27", "1.28"),
            try rate("USD", "CNY", "2025-02-28", "7"), try rate("CNY", "USD", "2025-02-28", "0.14"),
        ])
    }

    /// Amount, currency, day; what comes out, computed by hand.
    @Test(arguments: [
        ("100 EUR", "USD", "2025-02-28", "125.00 USD at 1 EUR = 1.25 USD on 2025-02-28 (test)"),
        ("100 EUR", "USD", "2025-02-27", "128.00 USD at 1 EUR = 1.28 USD on 2025-02-27 (test)"),
        // A Sunday has the rate of the Friday before it.
        ("100 EUR", "USD", "2025-03-02", "125.00 USD at 1 EUR = 1.25 USD on 2025-02-28 (test)"),
        ("100 EUR", "USD", "2025-03-07", "125.00 USD at 1 EUR = 1.25 USD on 2025-02-28 (test)"),
        // The other way round: divided by the rate.
        ("-100 USD", "EUR", "2025-02-28", "-80.00 EUR at 1 EUR = 1.25 USD on 2025-02-28 (test)"),
        // Quoted both ways, each in its own: 1 / 7 is not asked for.
        ("1 CNY", "USD", "2025-02-28", "0.14 USD at 1 CNY = 0.14 USD on 2025-02-28 (test)"),
        ("1 USD", "CNY", "2025-02-28", "7.00 CNY at 1 USD = 7 CNY on 2025-02-28 (test)"),
        ("1 USD", "USD", "1999-01-01", "1.00 USD"),
    ])
    func converted(_ amount: String, _ currency: String, _ day: String, _ expected: String) throws {
        let parts = amount.split(separator: " ").map(String.init)
        let money = try Money(parts[0], Self.currency(parts[1]))
        let converted = try Self.table().convert(money, to: Self.currency(currency), on: Self.day(day))
        #expect("\(converted)" == expected)
    }

    /// Thirds: from the middle away from zero, at the 18th decimal, on both sides of zero.
    @Test func roundedAtTheLastDecimal() throws {
        let third = try Self.rate("EUR", "USD", "2025-02-28", "3")
        #expect(try third.convert(Money("1", .usd)).amount.decimalText == "0.333333333333333333")
        #expect(try third.convert(Money("2", .usd)).amount.decimalText == "0.666666666666666667")
        #expect(try third.convert(Money("-2", .usd)).amount.decimalText == "-0.666666666666666667")
        let small = try Self.rate("EUR", "USD", "2025-02-28", "0.5")
        #expect(try small.convert(Money("0.000000000000000001", Self.currency("EUR"))).amount.units == 1)
    }

    /// No rate of another pair, of a later day, or more than 7 days old; none made from two others; nothing wraps.
    @Test func refused() throws {
        let table = try Self.table()
        let eur = try Self.currency("EUR")
        for (from, to, day) in [
            (eur, .usd, "2025-02-26"), (eur, .usd, "2025-03-08"), (eur, .cny, "2025-02-28"), (.usd, .cny, "2025-02-27"),
        ] as [(Currency, Currency, String)] {
            let day = try Self.day(day)
            #expect(throws: FXError.noRate(from: from, to: to, day)) {
                try table.convert(Money("1", from), to: to, on: day)
            }
        }
        let day = try Self.day("2025-02-28")
        #expect(throws: FXError.money(.overflow)) {
            try table.convert(Money("100000000000000000000", .usd), to: .cny, on: day)
        }
        #expect(FXRate(base: .usd, day: day, rate: Money.zero(.cny), source: try Identifier("s")) == nil)
        #expect(FXRate(base: .usd, day: day, rate: try Money("1", .usd), source: try Identifier("s")) == nil)
    }

    /// There and back again at one rate is off by what two roundings can do, and no more.
    @Test func thereAndBackAgain() async throws {
        try await withSeed { random in
            for _ in 0..<2_000 {
                let units = Int128(Int64.random(in: 1...4_000_000_000_000_000_000, using: &random))
                let price = Int128(Int64.random(in: 1_000_000_000_000_000...9_000_000_000_000_000_000, using: &random))
                let rate = try Self.rate(.usd, Self.day("2025-02-28"), Money(units: price, .cny))
                let back = try rate.convert(rate.convert(Money(units: units, .usd)).amount).amount
                #expect(back.currency == .usd)
                // Half a unit each, the first one divided by the rate.
                let limit = 1 + 500_000_000_000_000_000 / price
                #expect((back.units - units).magnitude <= limit.magnitude, "\(units) at \(price)")
            }
        }
    }

    /// Everything that is wrong in a file, with its place.
    @Test func fileErrors() throws {
        let text = """
            base,quote,day,rate,source
            EUR,USD,2025-02-28,1.0411,ECB
            EUR,USD,2025-02-28,1.05,ECB
            XYZ,USD,2025-02-28,1,ECB
            EUR,EUR,2025-02-28,1,ECB
            EUR,USD,2025-02-30,1,ECB
            EUR,USD,2025-02-01,0,ECB
            EUR,USD,2025-02-02,1e3,
            """
        let errors = #expect(throws: FileErrors.self) { try FXFile.parse(text, file: "fx.csv") }
        let found = try #require(errors).diagnostics.map { "\($0.line) \($0.key)" }
        #expect(found == ["3 ", "4 base", "5 quote", "6 day", "7 rate", "8 source", "8 rate"])
        #expect(throws: FileErrors.self) {
            try FXFile.parse("base,quote,day,rate\nEUR,USD,2025-02-28,1\n", file: "fx.csv")
        }
        let good = try FXFile.parse(text.split(separator: "\n")[..<2].joined(separator: "\n"), file: "fx.csv")
        #expect(good.rates.map(\.description) == ["1 EUR = 1.0411 USD on 2025-02-28 (ECB)"])
    }
}
