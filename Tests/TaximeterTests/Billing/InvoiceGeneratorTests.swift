import TestKit
import Testing

@testable import Taximeter

@Suite struct InvoiceGeneratorTests {
    /// FACTS.md section 4: a line is rounded once, and over time by what it has come to in all.
    @Test(
        arguments: [
            // Tokens in all after each run, the price of one, the currency, the amounts of the lines.
            ([333, 666], "0.001", "USD", ["0.33", "0.34"]),
            ([333, 666, 999, 1332], "0.001", "USD", ["0.33", "0.34", "0.33", "0.33"]),
            ([100], "0.011", "USD", ["1.1"]),
            ([1, 2, 3], "0.004", "USD", ["0", "0.01", "0"]),
            ([5, 5], "0.001", "USD", ["0.01", nil]),
            ([10, 4, 0], "0.001", "USD", ["0.01", "-0.01", "0"]),
            ([1499, 1501], "0.001", "JPY", ["1", "1"]),
            ([1499, 1501], "0.001", "KWD", ["1.499", "0.002"]),
            ([16_900_000_000_000], "0.000001", "USD", ["16900000"]),
        ] as [([Int64], String, String, [String?])])
    func roundsWhatALineHasComeTo(_ tokens: [Int64], _ price: String, _ code: String, _ amounts: [String?]) throws {
        let currency = try #require(Currency(code: code))
        let january = try Bills.month("2026-01")
        var history = AccountHistory()
        history.periods = [try Bills.period(january), try Bills.period(try Bills.month("2026-02"))]
        for (index, (tokens, amount)) in zip(tokens, amounts).enumerated() {
            let line = try Bills.usage(tokens, at: price, in: january, currency: currency)
            history.periods[0] = try Bills.period(january, usage: tokens == 0 ? [] : [line])
            let invoice = try history.close(min(index, 1))
            #expect(invoice?.lines.map(\.amount.decimalText) == amount.map { [$0] })
            #expect(invoice?.lines.first?.adjusts == (index == 0 || amount == nil ? nil : "INV-\(index)"))
            #expect(try history.draft(min(index, 1)) == nil, "a second run bills something")
        }
    }

    /// One month of DeepSeek at its own figures is more than an integer of cents in 32 bits; it is one line.
    @Test func aMonthOfDeepSeekIsOneLine() throws {
        let january = try Bills.month("2026-01")
        let line = try Bills.usage(5_040_000_000_000, at: "0.00000335317460317", in: january)
        let invoice = try Bills.generator.invoice(
            closing: Bills.period(january, usage: [line]), next: nil, earlier: [], billed: [])
        #expect(invoice?.total.description == "16900000.00 USD")
        #expect(invoice?.lines.first?.exact.description == "16899999.9999768 USD")
    }

    @Test(arguments: RoundingRule.allCases)
    func planSaysHowToRound(_ rule: RoundingRule) throws {
        let january = try Bills.month("2026-01")
        let terms = Terms(discount: .all(nil), allowances: [], quantities: .everyToken, rounding: rule)
        let plan = try Bills.version(terms: terms)
        let lines = try [("a", 1), ("b", 5), ("c", 15)].map { model, tokens in
            try Bills.usage(Int64(tokens), at: "0.001", model: model, in: january)
        }
        let invoice = try Bills.generator.invoice(
            closing: Bills.period(january, [("p", nil, plan)], usage: lines), next: nil, earlier: [], billed: [])
        let expected: [RoundingRule: [String]] = [
            .halfAwayFromZero: ["0", "0.01", "0.02"], .halfEven: ["0", "0", "0.02"], .up: ["0.01", "0.01", "0.02"],
        ]
        #expect(invoice?.lines.map(\.amount.decimalText) == expected[rule])
    }

    @Test func nothingUsedIsNoInvoice() throws {
        let january = try Bills.month("2026-01")
        #expect(
            try Bills.generator.invoice(closing: Bills.period(january), next: nil, earlier: [], billed: []) == nil)
    }

    @Test func anotherCurrencyIsRefused() throws {
        let january = try Bills.month("2026-01")
        let lines = [
            try Bills.usage(1, at: "1", in: january),
            try Bills.usage(1, at: "1", model: "b", in: january, currency: .cny),
        ]
        #expect(throws: MoneyError.self) {
            try Bills.generator.invoice(
                closing: Bills.period(january, usage: lines), next: nil, earlier: [], billed: [])
        }
    }

    /// Ids hold names, which are bytes: two spellings of one letter are two lines.
    @Test func spellingsOfALetterAreTwoLines() throws {
        let (january, february) = (try Bills.month("2026-01"), try Bills.month("2026-02"))
        var history = AccountHistory()
        let lines = try ["e\u{301}", "\u{e9}"].map { try Bills.usage(1, at: "1", model: $0, in: january) }
        history.periods = [try Bills.period(january, usage: lines), try Bills.period(february)]
        #expect(try history.close(0)?.total.decimalText == "2")
        #expect(try history.close(1) == nil)
    }

    /// Late usage names its period and the invoice; less than before is a credit note.
    @Test func lateUsageAdjusts() throws {
        let months = try ["2026-01", "2026-02", "2026-03"].map(Bills.month)
        var history = AccountHistory()
        history.periods = try months.map { try Bills.period($0) }
        history.periods[0] = try Bills.period(months[0], usage: [Bills.usage(10, at: "1", in: months[0])])
        #expect(try history.close(0)?.summary == ["usage 2026-01 10"])
        history.periods[0] = try Bills.period(months[0], usage: [Bills.usage(12, at: "1", in: months[0])])
        history.periods[1] = try Bills.period(months[1], usage: [Bills.usage(5, at: "1", in: months[1])])
        let second = try #require(try history.close(1))
        #expect(second.summary == ["usage 2026-02 5", "usage 2026-01 2 of INV-1"])
        #expect(second.lines[1].quantity == 2)
        #expect(second.lines[1].unitPrice?.decimalText == "1")
        history.periods[0] = try Bills.period(months[0])
        let third = try #require(try history.close(2))
        #expect(third.summary == ["usage 2026-01 -12 of INV-2"])
        #expect(third.kind == .creditNote)
        // The plan and prices of the original are named even though the usage is gone.
        #expect(third.lines[0].usage?.model.text == "model-a")
    }

    @Test(arguments: [
        ("2026-01", "2025-12-31T16:00:00Z", "2026-01-31T16:00:00Z"),
        ("2024-02", "2024-01-31T16:00:00Z", "2024-02-29T16:00:00Z"),
        ("2025-12", "2025-11-30T16:00:00Z", "2025-12-31T16:00:00Z"),
    ])
    func monthsAreOfTheAccountsClock(_ text: String, _ start: String, _ end: String) throws {
        let zone = try #require(TimeZoneRules(identifier: "Asia/Shanghai"))
        let month = try #require(BillingMonth(text))
        #expect(month.description == text)
        #expect(try month.range(in: zone) == Bills.instant(start)..<Bills.instant(end))
        for other in ["2026-1", "26-01", "2026-13", "2026-00", "2026-01-01", "2026-+1", ""] {
            #expect(BillingMonth(other) == nil)
        }
    }

    /// Bounds: absolute, and beyond a floor a multiple of what the account commonly pays.
    @Test(
        arguments: [
            ("999.99", ["1"], nil), ("1000.01", ["10.01"], nil), ("1001.01", ["10.01"], .exceedsTrailingMean),
            ("-1001.01", ["10.01"], .exceedsTrailingMean), ("1001", ["10", "20", "0.02"], .exceedsTrailingMean),
            ("5000", [], nil), ("1000000000", [], nil), ("1000000000.01", [], .exceedsBound),
        ] as [(String, [String], ParkReason.Code?)])
    func bounds(_ total: String, _ trailing: [String], _ code: ParkReason.Code?) throws {
        let reason = try SafetyBounds().violation(
            Money(total, .usd), trailing: trailing.map { try Money($0, .usd) })
        #expect(reason?.code == code, "\(reason?.description ?? "")")
    }
}
