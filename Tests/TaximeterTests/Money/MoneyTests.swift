import Testing

@testable import Taximeter

private let usd = Currency.usd

@Suite struct MoneyTests {
    @Test(
        arguments: [
            ("0", 0, "0"), ("0.14", 140_000_000_000_000_000, "0.14"), ("-1.5", -1_500_000_000_000_000_000, "-1.5"),
            ("87072.00", 87_072_000_000_000_000_000_000, "87072"), ("0.000000000000000001", 1, "0.000000000000000001"),
            ("-0", 0, "0"), ("0.000", 0, "0"), ("170141183460469231731.687303715884105727", Int128.max, nil),
            ("-170141183460469231731.687303715884105728", Int128.min, nil),
        ] as [(String, Int128, String?)])
    func readsAndWritesDecimals(_ text: String, _ units: Int128, _ written: String?) throws {
        let money = try Money(text, usd)
        #expect(money.units == units)
        #expect(money.decimalText == written ?? text)
        #expect(try Money(money.decimalText, usd) == money)
    }

    @Test(arguments: [
        ("", DecimalError.malformed("")), (".5", .malformed(".5")), ("5.", .malformed("5.")),
        ("1e3", .malformed("1e3")),
        ("+1", .malformed("+1")), ("--1", .malformed("--1")), ("01", .malformed("01")), ("1,000", .malformed("1,000")),
        ("1_000", .malformed("1_000")), ("0x10", .malformed("0x10")), ("NaN", .malformed("NaN")),
        (" 1", .malformed(" 1")),
        ("1.2.3", .malformed("1.2.3")), ("١", .malformed("١")), ("-", .malformed("-")),
        ("0.1234567890123456789", .tooManyDecimals("0.1234567890123456789", limit: 18)),
        ("170141183460469231731.687303715884105728", .tooLarge("170141183460469231731.687303715884105728")),
        ("-170141183460469231731.687303715884105729", .tooLarge("-170141183460469231731.687303715884105729")),
    ])
    func refusesOtherText(_ text: String, _ error: DecimalError) {
        #expect(throws: error) { try Money(text, usd) }
    }

    @Test func addsSubtractsAndMultiplies() throws {
        let (a, b) = (try Money("0.1", usd), try Money("0.2", usd))
        #expect(try a + b == Money("0.3", usd))
        #expect(try a - b == Money("-0.1", usd))
        #expect(try -a == Money("-0.1", usd))
        #expect(try a * -7 == Money("-0.7", usd))
        #expect(try a.isLess(than: b))
        #expect(try !b.isLess(than: b))
    }

    @Test func neverWrapsRound() throws {
        let (largest, smallest) = (Money(units: .max, usd), Money(units: .min, usd))
        let one = Money(units: 1, usd)
        #expect(throws: MoneyError.overflow) { try largest + one }
        #expect(throws: MoneyError.overflow) { try smallest - one }
        #expect(throws: MoneyError.overflow) { try -smallest }
        #expect(throws: MoneyError.overflow) { try largest * 2 }
        #expect(throws: MoneyError.overflow) { try smallest * -1 }
        #expect(throws: MoneyError.overflow) { try largest.rounded(.up) }
        #expect(throws: MoneyError.overflow) { try smallest.divided(by: -1, rounding: .halfEven) }
        #expect(throws: MoneyError.divisionByZero) { try one.divided(by: 0, rounding: .halfEven) }
    }

    @Test func currenciesNeverMeet() {
        let (a, b) = (Money.zero(.usd), Money.zero(.cny))
        #expect(throws: MoneyError.currencyMismatch(.usd, .cny)) { try a + b }
        #expect(throws: MoneyError.currencyMismatch(.usd, .cny)) { try a - b }
        #expect(throws: MoneyError.currencyMismatch(.usd, .cny)) { try a.isLess(than: b) }
        #expect(a != b)
    }

    @Test(arguments: [
        ("USD", "87072", "87072.00 USD"), ("USD", "0.0028", "0.0028 USD"), ("JPY", "5", "5 JPY"),
        ("KWD", "-0.5", "-0.500 KWD"),
    ])
    func showsTheMinorUnit(_ code: String, _ amount: String, _ shown: String) throws {
        #expect(try Money(amount, given(Currency(code: code))).description == shown)
    }
}

@Suite struct CurrencyTests {
    @Test(arguments: [
        ("JPY", 0), ("KRW", 0), ("USD", 2), ("CNY", 2), ("EUR", 2), ("XCG", 2), ("KWD", 3), ("TND", 3), ("CLF", 4),
    ])
    func knowsMinorUnits(_ code: String, _ digits: Int) throws {
        let currency = try given(Currency(code: code))
        #expect(currency.minorUnitDigits == digits)
        #expect(currency.code == code)
    }

    @Test(arguments: ["", "usd", "US", "USDT", "XAU", "XXX", "DEM", "US\u{0}"])
    func refusesOthers(_ code: String) { #expect(Currency(code: code) == nil) }

    @Test func everyCodeIsItself() {
        for code in Currency.allCodes { #expect(Currency(code: code)?.code == code) }
    }
}
