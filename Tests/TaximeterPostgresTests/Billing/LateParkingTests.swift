import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Periods whose own run is over, and which are looked at again.
@Suite struct LateParkingTests {
    /// Late usage that has a price waits for that which has none, in a billed period and in one that never was, and every
    /// run says so: also of an account that has nothing else.
    @Test func lateUsageWithoutAPriceIsParked() throws {
        let database = try TestDatabase()
        try database.rate("billed", "2026-01", [("m", 1_000)])
        try database.bill("2026-01")
        try database.rate("billed", "2026-01", [("m", 3_000)], unpriced: 1)
        try database.rate("never", "2026-01", [("m", 1_000)], unpriced: 2)
        try database.rate("never", "2026-02", [("m", 5_000)])
        for (month, total) in [("2026-02", "5"), ("2026-03", nil)] as [(String, String?)] {
            let dry = try database.bill(month) { $0.isDryRun = true }
            let summary = try database.bill(month)
            for parked in [dry.parked, summary.parked] {
                #expect(
                    parked.map { "\($0.account) \($0.period.start) \($0.reason.code.rawValue)" }.sorted() == [
                        "billed 2026-01-01T00:00:00Z unpriced_usage", "never 2026-01-01T00:00:00Z unpriced_usage",
                    ])
            }
            #expect(summary.sums["USD"]?.total.decimalText == total)
        }
        let parked = "SELECT account, reason FROM taximeter.parked_periods ORDER BY 1"
        #expect(try database.psql(parked) == "billed|unpriced_usage\nnever|unpriced_usage\n")

        // Once it has a price, all of it is on the next invoice.
        try database.rate("billed", "2026-01", [("m", 3_001)])
        try database.rate("never", "2026-01", [("m", 1_002)])
        let summary = try database.bill("2026-04")
        #expect(summary.parked.isEmpty && summary.sums["USD"]?.total.decimalText == "3")
        #expect(try database.psql(parked) == "")
        #expect(try database.differences() == [])
    }

    /// Whose invoice may exceed the bounds is spelled as the store has it.
    @Test func anAcceptedAccountIsKnown() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 1_000)])
        let nobody = try Identifier("nobody")
        let error = #expect(throws: StoreError.self) { try database.bill("2026-01") { $0.accepted = [nobody] } }
        #expect(error?.code == .account && error?.description.contains("nobody") == true)
    }

    /// A month is that of the account's clock, in bills and in lists.
    @Test func listsHaveTheMonthOfTheirBills() throws {
        let database = try TestDatabase()
        _ = try database.store.load(
            Plan.parse(
                """
                plan: pro
                currency: USD
                versions: [{from: 2025-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 5}}]
                """, file: "pro"))
        _ = try database.store.load(book("- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1\"}"))
        let zones = ["America/New_York", "Asia/Shanghai", "UTC"]
        let accounts = zones.map { zone in
            "{account: \(zone), time_zone: \(zone), subscriptions: [{plan: pro, from: 2025-11-11T00:00:00Z}]}"
        }
        _ = try database.store.load(
            AgreementFile.parse("accounts: [\(accounts.joined(separator: ", "))]", file: "accounts").agreements)
        for month in ["2025-12", "2026-01"] {
            try database.bill(month)
            var (listed, documents): (Set<String>, Set<String>) = ([], [])
            let billed = try #require(BillingMonth(month))
            try database.store.invoices(month: billed) { listed.insert("\($0.account) \($0.number ?? "")") }
            try database.store.finalInvoices(month: billed) { documents.insert("\($1.invoice.account) \($0)") }
            #expect(listed.count == 3 && listed == documents, "\(month): \(listed)")
        }
    }

    /// What a draft said of a period that a later invoice has billed is no draft any more.
    @Test func aDraftThatALaterInvoiceHasBilledIsGone() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 1_000)])
        try database.bill("2026-01", finalize: false)
        try database.bill("2026-02")
        #expect(try database.invoices() == "INV-000001|a|invoice|final|1|USD\n")
    }
}
