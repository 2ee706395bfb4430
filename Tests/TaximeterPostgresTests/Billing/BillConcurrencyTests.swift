import Foundation
import PostgresWire
import Synchronization
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Billing while prices change and usage comes in, from events to invoices.
@Suite struct BillConcurrencyTests {
    /// Every price change is between two steps of a run that rolls up, rates and makes invoices final: each account's first
    /// invoice is all by the old price or all by the new one, split at the instant, and the next invoice makes up the rest.
    @Test func pricesChangeWhileItBills() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            _ = try database.store.load(Self.prices(until: 0))
            let (accounts, months) = (40, 10)
            // What the first invoices say: the old price, or the new one.
            var seen = [0, 0]
            let pace = Pace()
            for month in 1...months {
                let (name, first) = (Self.month(month), 3)
                for account in 0..<accounts {
                    let (id, second) = ("account-\(account)", Int64(5 + account))
                    _ = try database.store.record([
                        event("\(name)/1", account: id, at: "\(name)-15T23:59:59.999999Z", output: Int64(first)),
                        event("\(name)/2", account: id, at: "\(name)-16T00:00:00Z", output: second),
                    ])
                }
                let pause = pace.pause(month, using: &generator)
                try await Self.atOnce(2) { worker in
                    if worker == 0 {
                        try pace.run { _ = try database.bill(name) }
                    } else {
                        usleep(pause)
                        _ = try database.store.load(Self.prices(until: month))
                    }
                }
                #expect(try database.everyDifference() == [], "\(name)")
                // Old and new price are `month` and one more.
                let own = try database.psql(
                    """
                    SELECT substr(account, 9), trim_scale(sum(amount))
                    FROM taximeter.invoice_lines WHERE period_start = '\(name)-01 00:00Z' GROUP BY 1
                    """
                ).split(separator: "\n").map { $0.split(separator: "|").map(String.init) }
                #expect(own.count == accounts)
                for row in own {
                    let second = 5 + (Int(row[0]) ?? 0)
                    let sums = [month * (first + second), month * (first + second) + second]
                    let which = try #require(
                        sums.firstIndex(of: Int(row[1]) ?? -1), "\(name): \(row), not one of \(sums)")
                    seen[which] += 1
                }
            }
            #expect(seen[0] > 0 && seen[1] > 0, "never met both prices: \(seen)")
            try database.bill(Self.month(months + 1))
            #expect(try database.everyDifference() == [])
            let expected = (1...months).reduce(0) { sum, month in
                sum + (0..<accounts).reduce(0) { $0 + month * (8 + $1) + 5 + $1 }
            }
            #expect(
                try database.psql("SELECT trim_scale(sum(total)) FROM taximeter.invoices") == "\(expected)\n")
        }
    }

    /// A price of 1 a token, and one more from the middle of each month on.
    private static func prices(until month: Int) throws -> PriceBook {
        let later = (0...month).dropFirst().map {
            "- from: \(Self.month($0))-16T00:00:00Z\n  rates: {output: \"\($0 + 1)000000\"}"
        }
        return try book(
            (["- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1000000\"}"] + later).joined(separator: "\n"))
    }

    /// Runs a body on so many threads of its own at once.
    private static func atOnce(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count { group.addTask { try await BillFaultTests.onThread { try body(index) } } }
            try await group.waitForAll()
        }
    }

    private static func month(_ number: Int) -> String { "2025-" + (number < 10 ? "0" : "") + String(number) }

    /// Usage comes in while January is made final again and again. Every event has a channel of its own and so a line of
    /// its own: at any time none is billed twice, and in the end each is billed once, on January's invoice or the next.
    @Test func usageComesInWhileItBills() async throws {
        let database = try TestDatabase()
        _ = try database.store.load(book("- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1000000\"}"))
        let (writers, batches, accounts) = (2, 24, 21)
        let state = Progress(running: writers)
        try await Self.atOnce(writers + 1) { worker in
            if worker == writers {
                defer { state.value.withLock { $0.isFinal = true } }
                while state.value.withLock({ $0.running > 0 }) {
                    let summary = try database.bill("2025-01")
                    #expect(try database.channelsBilledTwice() == "")
                    if !summary.sums.isEmpty, summary.waiting == 0 { state.value.withLock { $0.isFinal = true } }
                }
                return
            }
            defer { state.value.withLock { $0.running -= 1 } }
            for batch in 0..<batches {
                // The second half comes in when January was final once: it is late, all of it.
                while batch == batches / 2, !state.value.withLock({ $0.isFinal }) { usleep(2_000) }
                let events = try (0..<accounts).map { account in
                    try event(
                        "\(worker)/\(batch)", account: "account-\(account)", channel: "\(worker)/\(batch)/\(account)",
                        at: "2025-01-\(10 + batch % 20)T0\(worker):00:00Z", output: Int64(1 + batch))
                }
                let answers = try database.store.record(events)
                #expect(answers.allSatisfy { $0 == .accepted })
            }
        }
        #expect(try database.everyDifference() == [])
        try database.bill("2025-01")
        #expect(try database.everyDifference() == [])
        try database.bill("2025-02")
        #expect(try database.everyDifference() == [])

        let lines = """
            SELECT count(*), count(DISTINCT channel), sum(quantity), trim_scale(sum(amount)) FROM taximeter.standing_lines
            """
        let (events, tokens) = (writers * batches * accounts, writers * accounts * (1...batches).reduce(0, +))
        #expect(try database.psql(lines) == "\(events)|\(events)|\(tokens)|\(tokens)\n")
        #expect(
            try database.psql("SELECT count(*) FROM taximeter.usage_event") == "\(events)\n")
        // Some are on January's own invoice, others came too late for it.
        let invoices =
            "SELECT count(*) > 0, count(*) FILTER (WHERE period_start >= '2025-02-01') > 0 FROM taximeter.invoices"
        #expect(try database.psql(invoices) == "t|t\n")
        #expect(
            try database.psql("SELECT count(*) FROM taximeter.invoices WHERE period_start < '2025-02-01'")
                == "\(accounts)\n")
    }

    /// A run stops before each of its statements in turn, while an event of its period comes in and is rated as far as the
    /// run's locks let it: it is on the run's invoice or on the next, and on one of them alone.
    @Test func aLateEventMeetsEveryStatement() async throws {
        let met = Mutex([0, 0])
        // Most of the time is waiting: four databases at once, each with every fourth statement.
        try await Self.atOnce(4) { part in
            let database = try TestDatabase()
            _ = try database.store.load(book("- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1000000\"}"))
            let proxy = try FaultProxy(database.address)
            defer { proxy.stop() }
            let slow = Store(ConnectionOptions(proxy.address.connectionString))
            defer { slow.close() }
            var events = 0
            for statement in stride(from: part + 1, to: 1_000, by: 4) where proxy.armed == 0 {
                let isOnItsInvoice = try Self.late(at: statement, database, proxy, slow)
                met.withLock { $0[isOnItsInvoice ? 1 : 0] += 1 }
                events += 2
            }
            #expect(proxy.armed == 1, "it had no end")
            try database.bill("2025-01")
            try database.bill("2025-02")
            #expect(
                try database.psql(
                    """
                    SELECT count(*), count(DISTINCT (account_key, channel)), sum(quantity) FROM taximeter.standing_lines
                    """) == "\(events)|\(events)|\(events)\n")
            #expect(try database.everyDifference() == [])
        }
        met.withLock { #expect($0[0] > 5 && $0[1] > 5, "on the next invoice, and on its own: \($0)") }
    }

    /// Bills an account while an event comes in before a statement of the run.
    ///
    /// - Returns: Whether the event is on the run's own invoice.
    private static func late(at statement: Int, _ database: TestDatabase, _ proxy: FaultProxy, _ slow: Store) throws
        -> Bool
    {
        let account = "account-\(statement)"
        func use(_ name: String) throws {
            _ = try database.store.record([event(name, account: account, channel: name, at: "2025-01-10T00:00:00Z")])
        }
        try use("before")
        let late: [FaultProxy.Fault] = [.late(at: statement, milliseconds: 150)]
        try database.bill(Identifier(account), through: slow, proxy, late: late) { untilStruck in
            untilStruck(1)
            try use("late")
            try database.store.run()
        }

        let channels = try database.psql(
            "SELECT channel FROM taximeter.invoice_lines WHERE account = '\(account)' ORDER BY channel")
        #expect(["before\n", "before\nlate\n"].contains(channels), "statement \(statement): \(channels)")
        #expect(try database.channelsBilledTwice() == "", "statement \(statement)")
        #expect(try database.everyDifference() == [], "statement \(statement)")
        return channels != "before\n"
    }

    /// One event after the other and one run after the other, against each other's clocks: what was acknowledged before a
    /// run began is on that run's invoice; what was recorded after it ended is not.
    @Test func whatCameBeforeTheRunIsOnItsInvoice() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            _ = try database.store.load(book("- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1000000\"}"))
            var together = [0, 0]
            let pace = Pace()
            for round in 0..<30 {
                let account = "account-\(round)"
                _ = try database.store.record([
                    event("before", account: account, channel: "before", at: "2025-01-10T00:00:00Z")
                ])
                let pause = pace.pause(round, using: &generator)
                try await Self.atOnce(2) { worker in
                    if worker == 0 {
                        try pace.run { _ = try database.bill("2025-01") }
                    } else {
                        usleep(pause)
                        _ = try database.store.record([
                            event("during", account: account, channel: "during", at: "2025-01-10T00:00:01Z")
                        ])
                    }
                }
                // A run that usage comes into waits for it, or has billed before.
                try database.bill("2025-01")
                _ = try database.store.record([
                    event("after", account: account, channel: "after", at: "2025-01-10T00:00:02Z")
                ])
                let channels = try database.psql(
                    "SELECT channel FROM taximeter.invoice_lines WHERE account = '\(account)' ORDER BY channel")
                #expect(["before\n", "before\nduring\n"].contains(channels), "round \(round): \(channels)")
                together[channels == "before\n" ? 0 : 1] += 1
            }
            #expect(together[0] > 0 && together[1] > 0, "never met both orders: \(together)")
            try database.bill("2025-01")
            try database.bill("2025-02")
            #expect(
                try database.psql(
                    "SELECT count(*), count(DISTINCT (account_key, channel)), sum(quantity) FROM taximeter.standing_lines"
                )
                    == "90|90|90\n")
            #expect(try database.everyDifference() == [])
        }
    }
}

extension TestDatabase {
    fileprivate func channelsBilledTwice() throws -> String {
        try psql("SELECT channel FROM taximeter.standing_lines GROUP BY account_key, channel HAVING count(*) > 1")
    }
}

/// When to disturb a run: at its start, in its middle and after its end, by how long the last one took.
private final class Pace: Sendable {
    private let last = Mutex(Duration.milliseconds(100))

    func run(_ body: () throws -> Void) rethrows {
        let duration = try ContinuousClock().measure(body)
        last.withLock { $0 = duration }
    }

    /// Microseconds to wait.
    func pause(_ round: Int, using generator: inout some RandomNumberGenerator) -> UInt32 {
        let tenths = [0, 3, 6, 9, 13][round % 5] + Int.random(in: 0...2, using: &generator)
        let whole = last.withLock { Int($0 / .microseconds(1)) }
        return UInt32(clamping: whole * tenths / 10)
    }
}

/// How many writers still run, and whether their first half was billed.
private final class Progress: Sendable {
    let value: Mutex<(running: Int, isFinal: Bool)>

    init(running: Int) { value = Mutex((running, false)) }
}
