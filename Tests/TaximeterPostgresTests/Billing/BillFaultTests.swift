import Foundation
import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Billing that fails at every statement, is killed at every one and at random, and runs many times at once: each ends in the
/// invoices of an undisturbed run and in audits without a difference.
///
/// A transaction bills seven accounts: what is disturbed leaves some accounts billed and others not.
@Suite struct BillFaultTests {
    /// Accounts with a rated month. Nobody has connected yet, so it can be copied.
    private static func prepare(_ accounts: Int) throws -> TestDatabase {
        let database = try TestDatabase()
        try database.psql(
            (0..<accounts).map { account in
                try TestDatabase.rating("account-\(account)", "2026-01", [("m", Int64(333 * (account + 1))), ("n", 5)])
            }.joined())
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

    /// How many accounts are billed.
    private static func billed(_ database: TestDatabase) throws -> Int {
        try #require(Int(database.psql("SELECT count(*) FROM taximeter.invoice").dropLast()))
    }

    private static let bill = """
        exec "$TAXIMETER" bill --month 2026-01 --finalize --at 2026-11-01T00:00:00Z --accounts-per-transaction 7
        """

    /// Each failing run but the first ones does a transaction's accounts, and fails in the next transaction.
    @Test func failsAtEveryStatement() throws {
        let accounts = 140
        let database = try Self.prepare(accounts)
        let calm = try database.copy()
        try calm.bill("2026-01")
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        // Nor does it try a COMMIT again that may have taken effect: it would then go on to the end.
        let store = Store(ConnectionOptions(proxy.address.connectionString)).withoutRetries
        defer { store.close() }
        var (failures, halfDone) = (0, 0)
        for statement in 1... {
            try #require(statement < 1_000)
            proxy.arm([.failing(at: statement)])
            do {
                try database.bill("2026-01", store: store) { $0.workers = 1 }
                if proxy.armed > 0 { break }
            } catch let error as PostgresError {
                #expect(error.sqlState?.code == "XX999" || error.commitOutcomeUnknown, "\(error)")
                failures += 1
                if try (1..<accounts).contains(Self.billed(database)) { halfDone += 1 }
                #expect(try database.differences() == [], "after failing at statement \(statement)")
            }
        }
        #expect(failures > 30 && halfDone > 10, "it failed \(failures) times, \(halfDone) of them half-way")
        #expect(try Self.bills(database) == Self.bills(calm))
        #expect(try database.differences() == [])
    }

    /// The process is killed at each of its statements, one after the other, and started again.
    @Test func theProcessIsKilledAtEveryStatement() throws {
        let accounts = 140
        let database = try Self.prepare(accounts)
        let calm = try database.copy()
        try calm.bill("2026-01")
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        var (killed, halfDone) = (0, 0)
        for statement in 1... {
            try #require(statement < 1_000)
            proxy.arm([.killing(at: statement)])
            let result = try CommandLineTool.run(
                script: "(\(Self.bill) --workers 1)",
                environment: ["TAXIMETER_DATABASE_URL": proxy.address.connectionString])
            if proxy.armed > 0 {
                #expect(result.exitCode == 0, "\(result)")
                break
            }
            #expect(result.exitCode == 137, "\(result)")
            killed += 1
            if try (1..<accounts).contains(Self.billed(database)) { halfDone += 1 }
            #expect(try database.differences() == [], "after being killed at statement \(statement)")
        }
        #expect(killed > 30 && halfDone > 10, "it was killed \(killed) times, \(halfDone) of them half-way")
        #expect(try Self.bills(database) == Self.bills(calm))
        #expect(try database.differences() == [])
    }

    /// Whatever runs at once, over the same accounts and over others: every account is billed once, and numbers have no gaps,
    /// also where the invoices of several runs are numbered in turn.
    @Test(arguments: [2, 16])
    func runsAtOnce(_ runs: Int) async throws {
        let prepared = try Self.prepare(140)
        let halves = try (0..<2).map { half in
            try stride(from: half, to: 140, by: 2).map { try Identifier("account-\($0)") }
        }
        var isInTurn = false
        for _ in 0..<10 where !isInTurn {
            let database = try prepared.copy()
            let billed = try await withThrowingTaskGroup(of: Int.self) { group in
                for run in 0..<runs {
                    group.addTask {
                        try await Self.onThread {
                            let store = Store(database.options, connections: 3)
                            defer { store.close() }
                            let half = try database.bill("2026-01", store: store) { $0.accounts = halves[run % 2] }
                            let all = try database.bill("2026-01", store: store)
                            return (half.sums["USD"]?.invoices ?? 0) + (all.sums["USD"]?.invoices ?? 0)
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(billed == 140)
            #expect(
                try database.psql("SELECT count(*), count(DISTINCT account), max(number) FROM taximeter.invoices")
                    == "140|140|INV-000140\n")
            #expect(try database.differences() == [])
            let turns = try database.psql(
                """
                SELECT count(*) FROM (
                    SELECT half <> lag(half) OVER (ORDER BY number) AS is_next
                    FROM (SELECT number, right(account, 1)::integer % 2 AS half FROM taximeter.invoices) AS i) AS t
                WHERE is_next
                """)
            isInTurn = try #require(Int(turns.dropLast())) > 3
        }
        #expect(isInTurn, "one run after the other")
    }

    /// Backends die at random; the run tries again by itself.
    @Test func backendsAreKilled() throws {
        let prepared = try Self.prepare(140)
        let calm = try prepared.copy()
        try calm.bill("2026-01")
        var killed = 0
        for _ in 0..<20 where killed < 3 {
            let database = try prepared.copy()
            let store = Store(database.options)
            defer { store.close() }
            let killer = BackendKiller(database.options, everyMilliseconds: 20)
            for round in 1... {
                var before: Int?
                try #require(round <= 100, "it never came to an end")
                do {
                    let count: (RunProgress) -> Void = { progress in
                        // Told when billing begins, again and again, and when it ends.
                        let now = killer.killed
                        if progress.stage == .billing { killed += now - (before ?? now) }
                        before = progress.stage == .billing ? now : nil
                        // Enough: pauses between attempts grow.
                        if killed >= 3 { _ = try? killer.stop() }
                    }
                    try database.bill("2026-01", store: store, progress: count)
                    break
                } catch let error as PostgresError where error.isRetryable {}
            }
            _ = try killer.stop()
            #expect(try Self.bills(database) == Self.bills(calm))
            #expect(try database.differences() == [])
        }
        #expect(killed >= 3, "backends that were killed while they billed")
    }

    /// The process is killed at random instants, and started again.
    @Test func theProcessIsKilled() async throws {
        try await withSeed { generator in
            let accounts = 140
            let prepared = try Self.prepare(accounts)
            let calm = try prepared.copy()
            func environment(_ database: TestDatabase) -> [String: String] {
                ["TAXIMETER_DATABASE_URL": database.address.connectionString]
            }
            let whole = try ContinuousClock().measure {
                let result = try CommandLineTool.run(script: Self.bill, environment: environment(calm))
                #expect(result.exitCode == 0, "\(result)")
            }
            var (halfDone, before, database) = (0, 0, try prepared.copy())
            for _ in 0..<60 where halfDone < 3 {
                let pause = Int.random(in: 0...Int(whole / .milliseconds(1)), using: &generator)
                _ = try CommandLineTool.run(
                    script: """
                        (\(Self.bill)) > /dev/null 2>&1 & pid=$!
                        sleep \(pause / 1_000).\(String(1_000 + pause % 1_000).dropFirst()); kill -KILL $pid; wait $pid
                        """,
                    environment: environment(database))
                #expect(try database.differences() == [])
                let billed = try Self.billed(database)
                if billed == accounts {
                    #expect(try Self.bills(database) == Self.bills(calm))
                    (before, database) = (0, try prepared.copy())
                } else if billed > before {
                    (before, halfDone) = (billed, halfDone + 1)
                }
            }
            #expect(halfDone >= 3, "kills that left some accounts billed and others not")
            let last = try CommandLineTool.run(script: Self.bill, environment: environment(database))
            #expect(last.exitCode == 0, "\(last)")
            #expect(try Self.bills(database) == Self.bills(calm))
            #expect(try database.differences() == [])
        }
    }

    /// Voiding, paying, late usage and billing at once: nothing deadlocks, and the books are right.
    @Test func everythingAtOnce() async throws {
        let accounts = 35
        let database = try Self.prepare(accounts)
        try database.bill("2026-01")
        for account in 0..<accounts { try database.rate("account-\(account)", "2026-02", [("m", 1_000)]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...accounts {
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
