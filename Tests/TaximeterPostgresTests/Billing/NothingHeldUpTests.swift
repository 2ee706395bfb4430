import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// What is odd about one account, or one hour, holds nothing else up.
@Suite struct NothingHeldUpTests {
    private static let oneDollar = "- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1000000\"}"

    /// Days were dropped, and an event of one of them came afterwards: its mark stays, and the rest of its month is corrected
    /// and billed again as before.
    @Test func aMarkOfADroppedDay() throws {
        let database = try TestDatabase()
        _ = try database.store.load(book(Self.oneDollar))
        for (id, day) in [("1", "10"), ("2", "20")] {
            _ = try database.store.record([event(id, at: "2025-03-\(day)T00:00:00Z", output: 1)])
        }
        try database.bill("2025-03")
        try database.psql(
            "DROP TABLE taximeter.usage_event_2025_03_10; SELECT taximeter.drop_event_keys('2025-03-11 00:00:00+00')")
        var generator = SeededGenerator(seed: 1)
        let batch = try TestProducer().batch(1, &generator)
        var block = batch.block
        block.rows = try block.rows.filter { try $0.completedAt < instant("2025-03-11T00:00:00Z") }
        #expect(
            try database.store.store(EventBatch(producer: batch.producer, sequence: 1, block: block)) == .stored)
        #expect(
            try database.psql("SELECT count(*) > 0 FROM taximeter.dirty_hour WHERE hour < '2025-03-11 00:00:00+00'")
                == "t\n")

        _ = try database.store.record([event("3", at: "2025-03-20T00:00:00Z", output: 5)])
        #expect(try database.bill("2025-04").waiting == 0)
        let late = "SELECT trim_scale(sum(amount)) FROM taximeter.invoice_lines WHERE adjusts IS NOT NULL"
        #expect(try database.psql(late) == "5\n")
        try database.store.voidInvoice("INV-000001", reason: "r", at: instant("2027-01-01T00:00:00Z"))
        let again = try database.bill("2025-03")
        #expect(again.waiting == 0 && again.sums["USD"]?.invoices == 1)
    }

    /// Nobody's invoices can be numbered as another's are.
    @Test func anIssuingEntityWhosePrefixIsTaken() throws {
        let database = try TestDatabase()
        func load(_ issuer: String) throws {
            _ = try database.store.load(
                AgreementFile.parse("accounts: [{account: a, issuing_entity: \(issuer)}]", file: "a").agreements)
        }
        let error = #expect(throws: StoreError.self) { try load("INV") }
        #expect(error?.description.contains("numbers of INV would begin with INV-, as those of default do") == true)
        try database.psql("INSERT INTO taximeter.issuing_entity (entity, number_prefix) VALUES ('INV', 'I-')")
        try load("INV")
        try load("other")
    }

    /// Periods that wait are looked at once where nothing is written: what would be billed is told once.
    @Test func aDryRunTellsOnce() throws {
        let database = try TestDatabase()
        _ = try database.store.load(book(Self.oneDollar))
        _ = try database.store.load(
            AgreementFile.parse("accounts: [{account: east, time_zone: Asia/Shanghai}]", file: "a").agreements)
        for account in ["east", "utc"] {
            _ = try database.store.record([event("1", account: account, at: "2026-01-10T00:00:00Z", output: 1)])
        }
        var options = BillOptions()
        (options.finalizes, options.isDryRun) = (true, true)
        let summary = try database.store.bill(
            #require(BillingMonth("2026-01")), options, at: instant("2026-01-31T20:00:00Z"))
        #expect(summary.waiting == 1)
        #expect(summary.sums["USD"]?.invoices == 1 && summary.sums["USD"]?.total.decimalText == "1")
    }

    /// A draft goes where none would be made any more.
    @Test func aDraftOfBeforeGoes() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 1_000)])
        try database.bill("2026-01", finalize: false)
        let drafts = "SELECT account, state FROM taximeter.invoices"
        #expect(try database.psql(drafts) == "a|draft\n")
        try database.rate("a", "2026-01", [("m", 1_000)], unpriced: 1)
        #expect(try database.bill("2026-01", finalize: false).parked.count == 1)
        #expect(try database.psql(drafts) == "")

        // With its period goes why that was parked.
        _ = try database.store.load(
            Plan.parse(
                """
                plan: weekly
                currency: USD
                versions: [{from: 2025-12-01T00:00:00Z, price_book: list, billing_period: {length: week, anchor_day: monday}}]
                """, file: "p"))
        _ = try database.store.load(
            AgreementFile.parse(
                "accounts: [{account: a, subscriptions: [{plan: weekly, from: 2025-12-29T00:00:00Z}]}]", file: "a"
            ).agreements)
        #expect(try database.psql("SELECT count(*) FROM taximeter.parked_period") == "0\n")
    }

    /// A voided month that a later invoice has adjusted keeps its bounds, under which that invoice's lines are.
    @Test func boundsOfWhatALaterInvoiceAdjusts() throws {
        let database = try TestDatabase()
        _ = try database.store.load(book(Self.oneDollar))
        _ = try database.store.load(
            Plan.parse(
                """
                plan: weekly
                currency: USD
                versions: [{from: 2025-12-01T00:00:00Z, price_book: list, billing_period: {length: week, anchor_day: monday}}]
                """, file: "p"))
        _ = try database.store.record([event("1", account: "a", at: "2026-01-10T00:00:00Z", output: 100)])
        try database.bill("2026-01")
        _ = try database.store.record([event("2", account: "a", at: "2026-01-10T00:00:00Z", output: 5)])
        try database.bill("2026-02")
        try database.store.voidInvoice("INV-000001", reason: "r", at: instant("2027-01-01T00:00:00Z"))
        func load() throws {
            _ = try database.store.load(
                AgreementFile.parse(
                    """
                    accounts:
                      - account: a
                        subscriptions: [{plan: weekly, from: 2025-12-29T00:00:00Z, until: 2026-02-01T00:00:00Z}]
                    """, file: "a"
                ).agreements)
        }
        let error = #expect(throws: StoreError.self) { try load() }
        #expect(error?.description.contains("invoice INV-000002 adjusts the period") == true)
        try database.store.voidInvoice("INV-000002", reason: "r", at: instant("2027-01-01T00:00:00Z"))
        try load()
        for month in ["2026-01", "2026-02"] { try database.bill(month) }
        #expect(
            try database.psql("SELECT sum(quantity), trim_scale(sum(amount)) FROM taximeter.standing_lines")
                == "105|105\n")
        #expect(try database.everyDifference() == [])
    }
}
