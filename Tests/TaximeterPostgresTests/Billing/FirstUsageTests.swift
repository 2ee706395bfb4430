import Foundation
import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// A period that has a plan and no usage is billed while its first usage comes in.
@Suite struct FirstUsageTests {
    /// A run stops before each of its statements in turn, while the first event of a period is rolled up by somebody else,
    /// and again three statements later, while it is rated: it is on the run's invoice or on the next, and is not taken for
    /// billed where it is on none.
    @Test func itMeetsEveryStatement() throws {
        let met = Mutex([0, 0])
        // Most of the time is waiting: four databases at once, each with every fourth statement.
        DispatchQueue.concurrentPerform(iterations: 4) { part in
            do {
                for isOnItsInvoice in try Self.bill(part) { met.withLock { $0[isOnItsInvoice ? 1 : 0] += 1 } }
            } catch {
                Issue.record(error)
            }
        }
        met.withLock { #expect($0[0] > 5 && $0[1] > 5, "on the next invoice, and on its own: \($0)") }
    }

    /// - Returns: Of each statement, whether the event is on the run's own invoice.
    private static func bill(_ part: Int) throws -> [Bool] {
        let database = try TestDatabase()
        _ = try database.store.load(book("- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1000000\"}"))
        _ = try database.store.load(
            Plan.parse(
                """
                plan: pro
                currency: USD
                versions: [{from: 2024-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 20, due: in_arrears}}]
                """, file: "pro"))
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        let slow = Store(ConnectionOptions(proxy.address.connectionString))
        defer { slow.close() }
        var met: [Bool] = []
        for statement in stride(from: part + 1, to: 1_000, by: 4) where proxy.armed == 0 {
            met.append(try meets(statement, database, proxy, slow))
        }
        #expect(proxy.armed > 0, "it had no end")
        proxy.disarm()
        try database.bill("2025-01")
        try database.bill("2025-02")
        #expect(
            try database.psql("SELECT count(*), sum(quantity) FROM taximeter.standing_lines WHERE kind = 'usage'")
                == "\(met.count)|\(met.count)\n")
        #expect(try database.differences() == [])
        return met
    }

    private static func meets(_ statement: Int, _ database: TestDatabase, _ proxy: FaultProxy, _ slow: Store) throws
        -> Bool
    {
        let account = try Identifier("account-\(statement)")
        _ = try database.store.load(
            AgreementFile.parse(
                "accounts: [{account: \(account), subscriptions: [{plan: pro, from: 2025-01-01T00:00:00Z}]}]",
                file: "accounts"
            ).agreements)
        let late: [FaultProxy.Fault] = [
            .late(at: statement, milliseconds: 100), .late(at: statement + 3, milliseconds: 100),
        ]
        try database.bill(account, through: slow, proxy, late: late) { untilStruck in
            untilStruck(1)
            _ = try database.store.record([event("first", account: account.text, at: "2025-01-10T00:00:00Z")])
            _ = try RollUp(store: database.store, prices: PriceSnapshot.read(database.store)).run { _, _ in }
            untilStruck(2)
            try database.store.run()
        }
        #expect(try database.differences() == [], "statement \(statement)")
        // A run that meets it twice leaves the period to the next one.
        try database.bill("2025-01")
        #expect(try database.differences() == [], "statement \(statement)")
        let lines = try database.psql("SELECT count(*) FROM taximeter.invoice_lines WHERE account = '\(account)'")
        #expect(["1\n", "2\n"].contains(lines), "statement \(statement): \(lines)")
        return lines == "2\n"
    }
}
