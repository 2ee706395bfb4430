import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Billing that fails at every statement, is killed at every one and at random, and runs many times at once: each ends in the invoices of an
/// undisturbed run and in audits without a difference.
@Suite struct BillFaultTests {
    /// Some accounts over three months, billed and adjusted, as a template for all that is done to them.
    private static func prepare(_ accounts: Int) throws -> TestDatabase {
        let database = try TestDatabase()
        for account in 0..<accounts {
            try database.rate("account-\(account)", "2026-01", [("m", Int64(333 * (account + 1))), ("n", 5)])
        }
        return database
    }

    /// Invoices without their numbers, which depend on who was first.
    private static func bills(_ database: TestDatabase) throws -> String {
        try database.psql(
            """
            SELECT account, period_start, kind, state, total FROM taximeter.invoices WHERE state <> 'draft'
            ORDER BY 1, 2, 3, 4, 5
            """)
    }

    @Test func failsAtEveryStatement() throws {
        let calm = try Self.prepare(4)
        try calm.bill("2026-01")
        let database = try Self.prepare(4)
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        let store = Store(ConnectionOptions(proxy.address.connectionString))
        defer { store.close() }
        var failures = 0
        for statement in 1... {
            try #require(statement < 1_000)
            proxy.arm([.failing(at: statement)])
            do {
                try database.bill("2026-01", store: store) { $0.workers = 1 }
                if proxy.armed > 0 { break }
            } catch let error as PostgresError {
                #expect(error.sqlState?.code == "XX999", "\(error)")
                failures += 1
                #expect(try database.differences() == [], "after failing at statement \(statement)")
            }
        }
        #expect(failures > 30, "it had only \(failures) statements")
        #expect(try Self.bills(database) == Self.bills(calm))
        #expect(try database.differences() == [])
    }

    /// The process is killed at each of its statements, one after the other, and started again.
    @Test func theProcessIsKilledAtEveryStatement() throws {
        let calm = try Self.prepare(4)
        try calm.bill("2026-01")
        let database = try Self.prepare(4)
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        let bill = "exec \"$TAXIMETER\" bill --month 2026-01 --finalize --at 2027-01-01T00:00:00Z --workers 1"
        var killed = 0
        for statement in 1... {
            try #require(statement < 1_000)
            proxy.arm([.killing(at: statement)])
            let result = try CommandLineTool.run(
                script: "(\(bill))", environment: ["TAXIMETER_DATABASE_URL": proxy.address.connectionString])
            if proxy.armed > 0 {
                #expect(result.exitCode == 0, "\(result)")
                break
            }
            #expect(result.exitCode == 137, "\(result)")
            killed += 1
            #expect(try database.differences() == [], "after being killed at statement \(statement)")
        }
        #expect(killed > 30, "it had only \(killed) statements")
        #expect(try Self.bills(database) == Self.bills(calm))
        #expect(try database.differences() == [])
    }

    /// Whatever runs at once: every account is billed once, and numbers have no gaps.
    @Test(arguments: [2, 16])
    func runsAtOnce(_ runs: Int) async throws {
        let database = try Self.prepare(40)
        let billed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<runs {
                group.addTask {
                    try await Self.onThread {
                        let store = Store(database.options, connections: 3)
                        defer { store.close() }
                        return try database.bill("2026-01", store: store).sums["USD"]?.invoices ?? 0
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(billed == 40)
        #expect(
            try database.psql("SELECT count(*), count(DISTINCT account), max(number) FROM taximeter.invoices")
                == "40|40|INV-000040\n")
        #expect(try database.differences() == [])
    }

    /// Backends die at random; the run tries again by itself.
    @Test func backendsAreKilled() throws {
        let calm = try Self.prepare(60)
        try calm.bill("2026-01")
        let database = try Self.prepare(60)
        let killer = BackendKiller(database.options, everyMilliseconds: 3)
        let store = Store(database.options)
        defer { store.close() }
        for _ in 0..<20 { _ = try? database.bill("2026-01", store: store) }
        let killed = try killer.stop()
        try database.bill("2026-01")
        #expect(killed > 0)
        #expect(try Self.bills(database) == Self.bills(calm))
        #expect(try database.differences() == [])
    }

    /// The process is killed at random instants, and started again.
    @Test func theProcessIsKilled() async throws {
        let calm = try Self.prepare(60)
        try calm.bill("2026-01")
        try await withSeed { generator in
            let database = try Self.prepare(60)
            let bill = "\"$TAXIMETER\" bill --month 2026-01 --finalize --at 2027-01-01T00:00:00Z"
            let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
            var killed = 0
            for attempt in 0..<12 {
                // The first dies before it can have done anything.
                let pause = attempt == 0 ? 1 : Int.random(in: 10...200, using: &generator)
                let result = try CommandLineTool.run(
                    script:
                        "\(bill) > /dev/null 2>&1 & pid=$!; sleep 0.\(String(1_000 + pause).dropFirst()); kill -KILL $pid; wait $pid",
                    environment: environment)
                if result.exitCode == 137 { killed += 1 }
                #expect(try database.differences() == [])
            }
            #expect(killed > 0)
            let last = try CommandLineTool.run(script: bill, environment: environment)
            #expect(last.exitCode == 0, "\(last)")
            #expect(try Self.bills(database) == Self.bills(calm))
            #expect(try database.differences() == [])
        }
    }

    /// Voiding, paying, late usage and billing at once: nothing deadlocks, and the books are right.
    @Test func everythingAtOnce() async throws {
        let database = try Self.prepare(20)
        try database.bill("2026-01")
        for account in 0..<20 { try database.rate("account-\(account)", "2026-02", [("m", 1_000)]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                group.addTask {
                    try await Self.onThread {
                        let name = "INV-0000" + (number < 10 ? "0" : "") + String(number)
                        try database.store.voidInvoice(name, reason: "r", at: instant("2027-01-02T00:00:00Z"))
                        try database.rate("account-\(number - 1)", "2026-01", [("m", Int64(number))])
                        try database.store.bookPayment(
                            Identifier("p"), of: Identifier("account-\(number - 1)"), amount: Money("1", .usd),
                            at: instant("2027-01-02T00:00:00Z"))
                    }
                }
            }
            for month in ["2026-01", "2026-02", "2026-01", "2026-02"] {
                group.addTask { try await Self.onThread { _ = try database.bill(month) } }
            }
            try await group.waitForAll()
        }
        try database.bill("2026-01")
        try database.bill("2026-02")
        try database.bill("2026-03")
        #expect(try database.differences() == [])
        #expect(
            try database.psql(
                """
                SELECT count(*) FROM taximeter.account_period WHERE billed_revision IS DISTINCT FROM revision
                """) == "0\n")
    }

    static func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
        }
    }
}
