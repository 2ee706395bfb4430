import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Every step of every waterfall sums to the next total, to the last digit, and the months' go on to what was collected.
@Suite struct WaterfallViewTests {
    private static let usage = """
        theoretical + model_mix <> list OR list + free_channels <> monetised OR monetised + off_peak <> scheduled
        OR scheduled + volume_tiers <> tiered OR tiered + contract <> contracted OR contracted + allowances <> allowed
        """
    private static let money = """
        allowed + not_invoiced + rounding <> invoiced
        OR invoiced + fees + commitments + other_months + tax + credits <> billed
        OR billed + written_off + outstanding <> collected
        """

    /// On the published day: rows, how many do not sum, and the totals of all rows, which are the day's.
    @Test(arguments: [
        ("waterfall_hourly", 48), ("waterfall_hourly_by_channel", 72), ("waterfall_daily", 2),
        ("waterfall_daily_by_model", 4), ("waterfall_daily_by_account", 14), ("waterfall_monthly_by_model", 2),
        ("waterfall_monthly", 1), ("waterfall_monthly_by_account", 7),
    ])
    func sums(_ view: String, _ rows: Int) throws {
        let condition =
            view.hasPrefix("waterfall_monthly") && !view.hasSuffix("model")
            ? "\(Self.usage) OR \(Self.money)" : Self.usage
        let found = try PublishedDay.shared.get().psql(
            """
            SELECT count(*), count(*) FILTER (WHERE \(condition)), sum(theoretical) = 562100,
                sum(allowed) = (SELECT sum(net_amount) FROM taximeter.charge)
            FROM taximeter.\(view)
            """)
        #expect(found == "\(rows)|0|t|t\n")
    }

    /// A month with a fee ahead, a minimum, a tax, credits, late usage, a void, payments and a write-off.
    @Test func goesOnToWhatWasCollected() throws {
        let database = try Self.billedMonths()
        let wrong = try database.psql(
            """
            SELECT count(*) > 2, count(*) FILTER (WHERE \(Self.usage) OR \(Self.money))
            FROM taximeter.waterfall_monthly_by_account
            """)
        #expect(wrong == "t|0\n")
        let months = try database.psql(
            """
            SELECT to_char(month AT TIME ZONE 'UTC', 'YYYY-MM'), account,
                array_to_string(ARRAY[invoiced, fees, commitments, other_months, tax, credits, billed, written_off,
                    outstanding, collected]::float8[], ' ')
            FROM taximeter.waterfall_monthly_by_account ORDER BY 2, 1
            """)
        // a has the fee of February with its tax on January's invoice, and 0.50 of January that came late on February's.
        #expect(
            months == """
                2026-01|a|1.5 10 0 10.45 1.15 0 23.1 0 -3.1 20
                2026-02|a|2 10 0 0.55 1.2 0 13.75 -3 -10.75 0
                2026-03|a|0 10 0 -11 1 0 0 0 0 0
                2026-01|b|0.33 0 0 0 0 -0.1 0.23 0 -0.23 0
                2026-02|b|0 0 0 0 0 0 0 0 5 5

                """)
        // Over all months it is what the invoices and the ledger say.
        #expect(
            try database.psql(
                """
                SELECT sum(billed) = (SELECT sum(due) FROM taximeter.invoices WHERE state = 'final'),
                    sum(collected) = (SELECT sum(balance) FROM taximeter.ledger_balance WHERE ledger_account = 'cash'),
                    -sum(outstanding) = (SELECT sum(balance) FROM taximeter.ledger_balance WHERE ledger_account = 'receivable')
                FROM taximeter.waterfall_monthly_by_account
                """) == "t|t|t\n")
        #expect(
            try database.psql(
                """
                SELECT count(*) FROM taximeter.waterfall_monthly AS m
                INNER JOIN (
                    SELECT month, currency, sum(billed) AS billed, sum(collected) AS collected, sum(tax) AS tax
                    FROM taximeter.waterfall_monthly_by_account GROUP BY 1, 2
                ) AS a USING (month, currency)
                WHERE m.billed = a.billed AND m.collected = a.collected AND m.tax = a.tax
                """) == "3\n")
        #expect(try database.differences() == [])
    }

    /// Two accounts: one on a plan with a fee ahead and a tax, one without.
    private static func billedMonths() throws -> TestDatabase {
        let database = try TestDatabase()
        _ = try database.store.load(
            PriceBook.parse(
                """
                price_book: list
                currency: USD
                tariffs: [{model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: "1000"}}]}]
                """, file: "list.yaml"))
        _ = try database.store.load(
            Plan.parse(
                """
                plan: pro
                currency: USD
                versions:
                  - from: 2026-01-01T00:00:00Z
                    price_book: list
                    recurring_fee: {amount: 10}
                    tax: {name: VAT, rate: 0.1}
                """, file: "pro.yaml"))
        _ = try database.store.load(
            AgreementFile.parse(
                "accounts: [{account: a, subscriptions: [{plan: pro, from: 2026-01-01T00:00:00Z}]}]",
                file: "accounts.yaml"
            ).agreements)
        let store = database.store
        let (january, february) = try (#require(BillingMonth("2026-01")), #require(BillingMonth("2026-02")))
        var options = BillOptions()
        options.finalizes = true
        func use(_ id: String, _ account: String, _ output: Int64, at time: String) throws {
            _ = try store.record([event(id, account: account, model: "m", at: time, output: output)])
            try store.run()
        }
        try use("1", "a", 1_000, at: "2026-01-10T00:00:00Z")
        try use("2", "b", 330, at: "2026-01-31T23:59:59Z")
        _ = try store.grant(
            CreditGrant(
                account: Identifier("b"), id: Identifier("welcome"), kind: .granted, amount: Money("0.1", .usd),
                effective: #require(EffectivePeriod(from: instant("2026-01-01T00:00:00Z")))),
            at: instant("2026-01-01T00:00:00Z"))
        let billed = try instant("2026-02-02T00:00:00Z")
        _ = try store.bill(january, options, at: billed)
        #expect(try store.voidInvoice("INV-000002", reason: "wrong address", at: billed) == .voided)
        _ = try store.bill(january, options, at: billed)

        try use("3", "a", 500, at: "2026-01-20T00:00:00Z")
        try use("4", "a", 2_000, at: "2026-02-20T00:00:00Z")
        _ = try store.bill(february, options, at: instant("2026-03-02T00:00:00Z"))
        let (a, b) = try (Identifier("a"), Identifier("b"))
        let paid = try instant("2026-02-15T00:00:00Z")
        try store.bookPayment(
            Identifier("1"), of: a, amount: Money("20", .usd), invoice: "INV-000001",
            at: instant("2026-04-01T00:00:00Z"))
        try store.bookPayment(Identifier("1"), of: b, amount: Money("5", .usd), at: paid)
        try store.writeOff(Identifier("1"), of: a, amount: Money("3", .usd), invoice: "INV-000004", at: paid)
        return database
    }
}
