import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Whatever is recorded, in whatever order and batches, with however many runs in between: the charges are those that
/// arithmetic on the raw events gives.
@Suite struct RecomputationTests {
    /// Amounts in 10⁻¹⁸ dollars.
    struct Amounts: Equatable {
        var events = 0
        var list: Int128 = 0
        var monetised: Int128 = 0
        var net: Int128 = 0
    }

    /// Events over eight days around the end of a month, many of them at the very edges of minutes and hours.
    static func events(_ count: Int, _ generator: inout SeededGenerator) throws -> [UsageEvent] {
        try (0..<count).map { index in
            var completed = 1_740_441_600_000_000 + Int64.random(in: 0..<8 * Instant.day, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: completed -= completed % Instant.minute
            case 1: completed -= completed % Instant.hour
            case 2: completed += Instant.minute - completed % Instant.minute - 1
            default: break
            }
            let started = completed - Int64.random(in: 0...3 * Instant.hour, using: &generator)
            func tokens() -> Int64 {
                .random(in: 0...(Bool.random(using: &generator) ? 900 : 1_000_000_000), using: &generator)
            }
            return try event(
                "\(index)", account: "account-\(Int.random(in: 0..<4, using: &generator))",
                model: RandomBook.models[Int.random(in: 0..<2, using: &generator)],
                channel: Bool.random(using: &generator) ? "api" : "web",
                tier: Bool.random(using: &generator) ? "standard" : "batch",
                started: Instant(microseconds: started)?.description ?? "",
                at: Instant(microseconds: completed)?.description ?? "", hit: tokens(), miss: tokens(), write: tokens(),
                write1h: tokens(), output: tokens())
        }
    }

    /// By account, model, channel, tier and hour of the rating instant.
    static func recomputed(_ events: [UsageEvent], _ book: RandomBook) throws -> [String: Amounts] {
        var sums: [String: Amounts] = [:]
        for event in events {
            let amounts = try #require(book.amounts(event))
            let hour = book.instant(of: event).microseconds / Instant.hour
            let key = [event.account.text, event.model.text, event.channel.text, event.serviceTier.text, "\(hour)"]
                .joined(separator: "|")
            var sum = sums[key] ?? Amounts()
            sum.events += 1
            sum.list += amounts.list
            sum.monetised += amounts.monetised
            sum.net += amounts.net
            sums[key] = sum
        }
        return sums
    }

    static func charged(_ database: TestDatabase) throws -> [String: Amounts] {
        let rows = try database.psql(
            """
            SELECT a.external_id, m.name, ch.name, t.name, (extract(epoch FROM c.hour) / 3600)::bigint,
                sum(c.events), trunc(sum(c.list_amount) * 1e18), trunc(sum(c.monetised_amount) * 1e18),
                trunc(sum(c.net_amount) * 1e18)
            FROM (SELECT *, date_trunc('hour', slot_start, 'UTC') AS hour FROM taximeter.charge) AS c
            JOIN taximeter.account AS a USING (account_key)
            JOIN taximeter.model AS m USING (model_key) JOIN taximeter.channel AS ch USING (channel_key)
            JOIN taximeter.service_tier AS t USING (service_tier_key)
            GROUP BY 1, 2, 3, 4, 5
            """)
        var sums: [String: Amounts] = [:]
        for row in rows.split(separator: "\n") {
            let fields = row.split(separator: "|")
            try #require(fields.count == 9)
            sums[fields[..<5].joined(separator: "|")] = Amounts(
                events: try #require(Int(fields[5])), list: try #require(Int128(fields[6])),
                monetised: try #require(Int128(fields[7])), net: try #require(Int128(fields[8])))
        }
        return sums
    }

    @Test func chargesAreWhatTheRawEventsCost() async throws {
        try await withSeed { generator in
            let book = RandomBook(&generator)
            let events = try Self.events(500, &generator)
            let plain = try TestDatabase()
            _ = try plain.store.load(book.book(isComplete: true))
            _ = try plain.store.record(events)
            #expect(try plain.store.run().rating.unpriced == 0)
            let expected = try Self.recomputed(events, book)
            let charged = try Self.charged(plain)
            #expect(charged.count == expected.count)
            for (key, sum) in expected { #expect(charged[key] == sum, "\(key)") }
            #expect(Set(try plain.totals()).count == 1)

            // The same in another order, in other batches with repeats, with runs in between, and half of the prices
            // known only later.
            let other = try TestDatabase()
            let shuffled = events.shuffled(using: &generator)
            if Bool.random(using: &generator) { _ = try other.store.load(book.book(isComplete: false)) }
            var start = 0
            while start < shuffled.count {
                let end = min(shuffled.count, start + Int.random(in: 1...120, using: &generator))
                let again = shuffled[..<end].shuffled(using: &generator).prefix(
                    Int.random(in: 0...20, using: &generator))
                _ = try other.store.record(Array(shuffled[start..<end]) + again)
                if Bool.random(using: &generator) { try other.store.run() }
                if Int.random(in: 0..<5, using: &generator) == 0 {
                    _ = try other.store.load(book.book(isComplete: true))
                }
                start = end
            }
            _ = try other.store.load(book.book(isComplete: true))
            try other.store.run()
            #expect(try other.charges() == plain.charges())
        }
    }

    /// The control: 10⁻¹⁸ dollars more in one charge, and the comparison above shows it.
    @Test func theSmallestDifferenceShows() async throws {
        try await withSeed { generator in
            let book = RandomBook(&generator)
            let events = try Self.events(20, &generator)
            let database = try TestDatabase()
            _ = try database.store.load(book.book(isComplete: true))
            _ = try database.store.record(events)
            try database.store.run()
            #expect(try Self.charged(database) == Self.recomputed(events, book))
            try database.psql(
                """
                UPDATE taximeter.charge SET net_amount = net_amount + 1e-18, output_amount = output_amount + 1e-18
                WHERE ctid = (SELECT min(ctid) FROM taximeter.charge)
                """)
            #expect(try Self.charged(database) != Self.recomputed(events, book))
        }
    }
}
