import Dispatch
import PostgresWire
import Synchronization
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// What surrounds a run must not show in its charges.
@Suite struct RunConditionsTests {
    private static let expected = Result { try PublishedDay.shared.get().charges() }

    /// Settings of a session, of a role or of the whole server that others may have chosen for their own reasons.
    @Test(arguments: [
        "SET TimeZone = 'America/St_Johns'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'",
        "SET search_path = pg_temp; SET synchronous_commit = off; SET bytea_output = 'escape'",
        "SET default_transaction_isolation = 'serializable'; SET standard_conforming_strings = off",
        "SET enable_hashagg = off; SET enable_hashjoin = off; SET enable_seqscan = off; SET work_mem = '64kB'",
        "SET row_security = off; SET extra_float_digits = -15; SET lc_monetary = 'C'; SET session_replication_role = 'origin'",
    ])
    func settingsOfTheSession(_ settings: String) throws {
        let database = try TestDatabase()
        var options = database.options
        options.sessionInit = { try $0.runScript(settings) }
        let store = Store(options)
        defer { store.close() }
        _ = try store.load(PublishedDay.book())
        _ = try store.load(PublishedDay.costs())
        _ = try store.record(PublishedDay.events())
        try store.run()
        #expect(try database.charges() == Self.expected.get())
        let range = try (instant("2025-02-27T04:00:00Z"), instant("2025-02-28T04:00:00Z"))
        let there = try PublishedDay.shared.get().store.margins(from: range.0, until: range.1, by: .hour)
        #expect(try store.margins(from: range.0, until: range.1, by: .hour) == there)
        #expect(
            try store.marginSummary(from: range.0, until: range.1)
                == PublishedDay.shared.get().store.marginSummary(from: range.0, until: range.1))
    }

    /// Prices that arrive in the middle of runs: what was rated with the old ones is rated again.
    @Test func loadingPricesWhileRunning() throws {
        @Sendable func versions(_ count: Int) throws -> PriceBook {
            let versions = (0..<count).map { hour in
                """
                - from: 2025-03-10T\(10 + hour):30:00Z
                  rates: {output: "\(hour + 1)"}
                """
            }
            return try book(
                "- from: 2025-01-01T00:00:00Z\n  rates: {output: \"9\"}\n" + versions.joined(separator: "\n"))
        }
        let events = try (0..<300).map { index in
            try event(
                "\(index)", account: "account-\(index % 5)", at: "2025-03-10T\(10 + index % 13):\(10 + index % 50):00Z",
                output: Int64(index))
        }
        let plain = try TestDatabase()
        _ = try plain.store.load(versions(8))
        _ = try plain.store.record(events)
        try plain.store.run()

        let database = try TestDatabase()
        _ = try database.store.record(events)
        let failures = Mutex<[String]>([])
        let isLoaded = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: 3) { thread in
            do {
                let store = Store(database.options)
                defer { store.close() }
                if thread > 0 {
                    while !isLoaded.load(ordering: .acquiring) { try store.run() }
                } else {
                    for count in 0...8 { _ = try store.load(versions(count)) }
                    isLoaded.store(true, ordering: .releasing)
                }
            } catch {
                isLoaded.store(true, ordering: .releasing)
                failures.withLock { $0.append(String(reflecting: error)) }
            }
        }
        #expect(failures.withLock { $0 } == [])
        try database.store.run()
        #expect(try database.charges() == plain.charges())
    }

    /// A day's partition waits for those who write, so that nobody finds no place for rows; who waits too long is told so
    /// and has lost nothing.
    @Test func aPartitionWaitsForAnOpenWriter() throws {
        let database = try TestDatabase()
        _ = try database.store.record([event("1")])
        var options = database.options
        options.lockTimeoutMilliseconds = 100
        let store = Store(options)
        defer { store.close() }
        let ofANewDay = try event("2", at: "2025-03-11T00:00:00Z")
        let writer = try Connection.open(database.options)
        try writer.withTransaction {
            try writer.execute(
                "INSERT INTO taximeter.usage_event SELECT * FROM taximeter.usage_event")
            let error = #expect(throws: PostgresError.self) { try store.record([ofANewDay]) }
            #expect(error?.sqlState == .lockNotAvailable)
        }
        #expect(try store.record([ofANewDay]) == [.accepted])
    }
}
