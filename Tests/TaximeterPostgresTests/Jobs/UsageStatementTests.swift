import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// What an account used, by the days of its own calendar.
@Suite struct UsageStatementTests {
    private let database: TestDatabase

    init() throws {
        database = try TestDatabase()
        _ = try database.store.load(book("- from: 2025-01-01T00:00:00Z\n  rates: {output: 1000000}"))
    }

    private func tokens() throws -> String {
        try database.psql("SELECT day, output_tokens FROM taximeter.usage_statement ORDER BY 1")
    }

    /// Days are right to the second where midnight is no whole hour of UTC, also of what was stored before anybody read a
    /// clock there.
    @Test(arguments: [
        ("Asia/Kathmandu", "18:14:59.999999", "18:15:00"), ("Asia/Kolkata", "18:29:59.999999", "18:30:00"),
        ("Europe/Berlin", "22:59:59.999999", "23:00:00"),
    ])
    func daysOfTheAccountsZone(_ zone: String, _ before: String, _ midnight: String) throws {
        _ = try database.store.record([
            event("1", at: "2026-01-14T\(before)Z", output: 1), event("2", at: "2026-01-14T\(midnight)Z", output: 20),
            event("3", at: "2026-01-15T\(before)Z", output: 300),
            event("4", at: "2026-01-15T\(midnight)Z", output: 4_000),
        ])
        try database.store.run()
        #expect(try tokens() == "2026-01-14|21\n2026-01-15|4300\n")
        let agreements = try AgreementFile.parse("accounts: [{account: acme, time_zone: \(zone)}]", file: "a")
            .agreements
        _ = try database.store.load(agreements)
        try database.store.run()
        #expect(try tokens() == "2026-01-14|1\n2026-01-15|320\n2026-01-16|4000\n")
        #expect(try database.psql("SELECT * FROM taximeter.event_audit") == "")
    }
}
