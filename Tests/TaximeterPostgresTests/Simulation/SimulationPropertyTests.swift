import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Simulating a book gives what the store in memory charges when that book is the only one there is, and next to it what it
/// charges with the store's own; and it leaves no trace.
@Suite struct SimulationPropertyTests {
    /// What charges come to, by group.
    private static func sums(
        _ charges: Set<Charge>, _ range: Range<Instant>, by grouping: SimulationGrouping?
    ) throws -> [String: Sum] {
        var sums: [String: Sum] = [:]
        for charge in charges where range.contains(charge.bucket.key.slotStart) {
            let key =
                switch grouping {
                case .model: charge.bucket.key.model.text
                case .account: charge.bucket.key.account.text
                case .hour: charge.bucket.key.slotStart.startOfHour.description
                case .day: String(charge.bucket.key.slotStart.description.prefix(10))
                case nil: "total"
                }
            var sum = sums[key] ?? Sum()
            sum.events += charge.bucket.events
            switch charge.outcome {
            case .priced(let amounts): sum.net += amounts.units[6]
            case .unpriced(let reason): sum.unpriced[reason, default: 0] += charge.bucket.events
            }
            sums[key] = sum
        }
        return sums
    }

    private struct Sum: Equatable {
        var events: Int64 = 0
        var net: Int128 = 0
        var unpriced: [String: Int64] = [:]

        init() {}
        init(_ usage: SimulatedUsage) {
            (events, net, unpriced) = (usage.events, usage.revenue?.units ?? -1, usage.unpriced)
        }
    }

    private static func charges(_ events: [UsageEvent], _ book: PriceBook) throws -> Set<Charge> {
        let memory = MemoryStore()
        memory.add(book)
        _ = memory.record(events)
        try memory.rollUpAndRate()
        return memory.charges()
    }

    private static func expect(
        _ rows: [SimulationRow], _ grouping: SimulationGrouping?, _ range: Range<Instant>, current: Set<Charge>,
        simulated: Set<Charge>
    ) throws {
        let sides = try [current, simulated].map { try sums($0, range, by: grouping) }
        if grouping != nil { #expect(Set(rows.map(\.key)) == Set(sides[0].keys).union(sides[1].keys)) }
        #expect(
            rows.map { Array($0.key.utf8) }
                == rows.map { Array($0.key.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
        for row in rows {
            #expect(Sum(row.current) == sides[0][row.key] ?? Sum(), "\(row.key)")
            #expect(Sum(row.simulated) == sides[1][row.key] ?? Sum(), "\(row.key)")
            let difference = (sides[1][row.key]?.net ?? 0) - (sides[0][row.key]?.net ?? 0)
            #expect(row.difference?.units == difference)
        }
    }

    /// Many in few hours around the end of a month, so that sums hold what only events can tell apart: sizes about the
    /// thresholds, classes used or not, both sides of a window's edge, usage that arrived summed.
    private static func events(_ count: Int, _ generator: inout SeededGenerator) throws -> [UsageEvent] {
        let hours = (0..<10).map { _ in Int64.random(in: 0..<8 * 24, using: &generator) }
        return try (0..<count).map { index in
            func tokens(_ most: Int64) -> Int64 {
                Bool.random(using: &generator) ? 0 : .random(in: 0...most, using: &generator)
            }
            let hour = hours.randomElement(using: &generator) ?? 0
            let completed =
                1_740_441_600_000_000 + hour * Instant.hour + .random(in: 0..<60, using: &generator) * Instant.minute
            let started = completed - .random(in: 0...90, using: &generator) * Instant.minute
            return try event(
                "\(index)", account: "account-\(Int.random(in: 0..<2, using: &generator))",
                model: RandomBook.models[Int.random(in: 0..<2, using: &generator)],
                channel: Bool.random(using: &generator) ? "api" : "web",
                tier: Int.random(in: 0..<4, using: &generator) > 0 ? "standard" : "batch",
                started: Instant(microseconds: started)?.description ?? "",
                at: Instant(microseconds: completed)?.description ?? "", hit: tokens(900), miss: tokens(3_000),
                write: tokens(900), write1h: tokens(900), output: tokens(400_000_000),
                requests: Int.random(in: 0..<12, using: &generator) == 0 ? 3 : 1)
        }
    }

    /// Each row of each table as it lies there: its place, who made it, who locked it.
    private static func traces(_ database: TestDatabase) throws -> String {
        let tables = try database.psql(
            """
            SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relkind = 'r'
            ORDER BY 1
            """
        ).split(separator: "\n")
        #expect(tables.count > 15)
        return try database.psql(
            tables.map {
                "SELECT '\($0)', count(*), md5(string_agg(t.ctid::text || t.xmin || t.xmax, ' ')) FROM taximeter.\($0) AS t;"
            }.joined())
    }

    @Test(arguments: 0..<8) func whatTheMemoryStoreWouldCharge(_ round: Int) async throws {
        try await withSeed { generator in
            generator = SeededGenerator(seed: SeededGenerator.runSeed &+ UInt64(round))
            let events = try Self.events(300, &generator)
            let current = try RandomPriceList.book("current", &generator)
            let tried = try RandomPriceList.book("tried", &generator)
            let database = try TestDatabase()
            // All rolled up, or some of it, or nothing yet.
            _ = try database.store.load(current)
            let part = [0, 150, 300].randomElement(using: &generator) ?? 0
            _ = try database.store.record(Array(events[..<part]))
            try database.store.run()
            _ = try database.store.record(Array(events[part...]))

            let start = try instant("2025-02-24T20:00:00Z")
            let hours = (0...1).map { _ in Int64.random(in: 0...230, using: &generator) }.sorted()
            let from = try #require(start.advanced(byMicroseconds: hours[0] * Instant.hour))
            let until = try #require(start.advanced(byMicroseconds: (hours[1] + 1) * Instant.hour))
            let before = try Self.traces(database)
            let report = try database.store.simulate(tried, from: from, until: until)
            #expect(try Self.traces(database) == before)

            let charges = try [current, tried].map { try Self.charges(events, $0) }
            #expect(report.hasPendingWork == (part < events.count))
            for grouping in SimulationGrouping.allCases {
                try Self.expect(
                    report.rows[grouping] ?? [], grouping, from..<until, current: charges[0], simulated: charges[1])
            }
            try Self.expect([report.total], nil, from..<until, current: charges[0], simulated: charges[1])

            // And the store charges what was said of now, and, once it has the book, what was said of that.
            try database.store.run()
            let settled = try database.store.simulate(tried, from: from, until: until)
            #expect(settled.rows == report.rows && !settled.hasPendingWork)
            let real = try database.store.charges()
            let now = try Self.sums(real, from..<until, by: nil)["total"] ?? Sum()
            #expect(Sum(report.total.current) == now)
            _ = try database.store.load(tried, asDefault: true)
            try database.store.run()
            let then = try Self.sums(database.store.charges(), from..<until, by: nil)["total"] ?? Sum()
            #expect(Sum(report.total.simulated) == then)
        }
    }
}
