import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// A run stops before each of its statements in turn, while prices change: G21.
@Suite struct BilledPriceChangeTests {
    /// An account uses a model of its own before and after the 16th, from which on a token comes to cost 3 instead of 1. Its
    /// invoice is all by the old prices or all by the new ones; in the end each is billed by the new ones.
    @Test func aPriceChangeMeetsEveryStatement() async throws {
        // Most of the time is waiting: eight databases at once, each with every eighth statement.
        let met = try await withThrowingTaskGroup(of: [Bool].self) { group in
            for part in 0..<8 {
                group.addTask { try await BillFaultTests.onThread { try Self.bill(part) } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let new = met.count { $0 }
        #expect(new > 5 && met.count - new > 5, "by the new prices \(new) of \(met.count) times")
    }

    /// - Returns: Of each account whether it was billed by the new prices at once.
    private static func bill(_ part: Int) throws -> [Bool] {
        let database = try TestDatabase()
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        let slow = Store(ConnectionOptions(proxy.address.connectionString))
        defer { slow.close() }
        var met: [Bool] = []
        for statement in stride(from: part + 1, to: 1_000, by: 8) where proxy.armed == 0 {
            met.append(try change(before: statement, database, proxy, slow))
        }
        #expect(proxy.armed == 1, "it had no end")
        proxy.disarm()
        try database.bill("2025-01")
        try database.bill("2025-02")
        let sums = "SELECT count(*), min(total), max(total) FROM (" + sumOfEach + ") AS s"
        #expect(try database.psql(sums) == "\(met.count)|23|23\n")
        #expect(try database.everyDifference() == [])
        return met
    }

    private static let sumOfEach = """
        SELECT account_key, trim_scale(sum(amount)) AS total FROM taximeter.standing_lines GROUP BY account_key
        """

    /// Bills an account, and changes its model's prices before a statement of the run.
    ///
    /// - Returns: Whether the run billed by the new prices.
    private static func change(
        before statement: Int, _ database: TestDatabase, _ proxy: FaultProxy, _ slow: Store
    ) throws -> Bool {
        let account = try Identifier("account-\(statement)")
        _ = try database.store.load(prices(of: statement, haveChanged: false))
        _ = try database.store.record([
            event("1", account: account.text, model: "m\(statement)", at: "2025-01-15T23:59:59.999999Z", output: 5),
            event("2", account: account.text, model: "m\(statement)", at: "2025-01-16T00:00:00Z", output: 6),
        ])
        let late: [FaultProxy.Fault] = [.late(at: statement, milliseconds: 150)]
        try database.bill(account, through: slow, proxy, late: late) { untilStruck in
            untilStruck(1)
            _ = try database.store.load(prices(of: statement, haveChanged: true))
        }

        let billed = try database.psql(
            """
            SELECT trim_scale(sum(amount)) FROM taximeter.invoice_lines
            WHERE account = '\(account)' AND period_start < '2025-02-01'
            """)
        #expect(["11\n", "23\n"].contains(billed), "statement \(statement): \(billed)")
        #expect(try database.everyDifference() == [], "statement \(statement)")
        return billed == "23\n"
    }

    /// The model for a statement; those of others stay as they are.
    private static func prices(of statement: Int, haveChanged: Bool) throws -> PriceBook {
        let first = "{from: 2024-01-01T00:00:00Z, rates: {output: 1000000}}"
        let second = "{from: 2025-01-16T00:00:00Z, rates: {output: 3000000}}"
        return try PriceBook.parse(
            """
            price_book: list
            currency: USD
            tariffs: [{model: m\(statement), versions: [\(haveChanged ? "\(first), \(second)" : first)]}]
            """, file: "list.yaml")
    }
}
