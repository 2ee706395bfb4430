import Foundation
import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// How the jobs' largest statements are executed: whatever the planner knows of tables that were just filled, they read what
/// they ask for, and nothing else.
@Suite struct PlanTests {
    /// Usage of 40 accounts on the first of three months, rolled up and rated.
    private static let database = Result {
        let database = try TestDatabase()
        _ = try database.store.load(book("- from: 2025-01-01T00:00:00Z\n  rates: {output: \"1\"}"))
        for month in 2...4 {
            _ = try database.store.record(
                (1...40).map { try event("\(month)-\($0)", account: "a\($0)", at: "2025-0\(month)-01T10:00:00Z") })
        }
        try database.store.run()
        return database
    }

    private struct Plan: Statement {
        let explained: SQL
        var sql: SQL { "EXPLAIN (COSTS OFF) \(explained)" }
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
    }

    private func plan(_ statement: some Statement) throws -> [String] {
        try Connection.open(Self.database.get().options).query(Plan(explained: statement.sql))
    }

    /// Rating reads the buckets of a period's days in the order of accounts, without sorting them.
    @Test func bucketsAreReadInOrder() throws {
        let march = try BillingPeriod(containing: instant("2025-03-10T00:00:00Z"))
        let keys = try Connection.open(Self.database.get().options).query(Keys())
        #expect(keys.count == 40)
        let lines = try plan(ReadBuckets(keys, march))
        #expect(!lines.contains { $0.contains("Sort") && !$0.contains("Sort Key") }, "\(lines)")
        #expect(lines.contains { $0.contains("usage_bucket_2025_03_01") }, "\(lines)")
        #expect(!lines.contains { $0.contains("usage_bucket_2025_02") || $0.contains("2025_04") }, "\(lines)")
    }

    /// Margins look up the charges of their hours account by account.
    @Test func chargesOfHoursAreLookedUp() throws {
        let range = try instant("2025-03-01T00:00:00Z")..<instant("2025-03-02T00:00:00Z")
        for lines in [try plan(ReadChargesByTime(range: range)), try plan(ReadChargedAccounts(range: range))] {
            #expect(lines.contains { $0.contains("using charge_pkey") }, "\(lines)")
            #expect(!lines.contains { $0.contains("Seq Scan on charge") }, "\(lines)")
            #expect(lines.contains { $0.contains("Index Cond") && $0.contains("slot_start") }, "\(lines)")
        }
    }

    private struct Keys: Statement {
        var sql: SQL { "SELECT account_key FROM taximeter.account" }
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
    }
}
