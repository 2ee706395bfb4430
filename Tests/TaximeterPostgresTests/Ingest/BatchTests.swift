import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@Suite struct BatchTests {
    @Test func aBatchIsStoredOnce() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batches = try TestProducer(1).batches(3, &generator) + TestProducer(2).batches(2, &generator)
            for batch in batches { #expect(try database.store.store(batch) == .stored) }
            // All of them again, in another order, from a store that knows nothing of the first.
            let other = Store(database.options)
            for batch in batches.shuffled(using: &generator) { #expect(try other.store(batch) == .alreadyStored) }
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
            #expect(try database.psql("SELECT * FROM taximeter.event_totals") == "2|5|1000|0|0|0|0\n")
        }
    }

    /// An empty batch takes its place too, so that its sequence has no gap.
    @Test func aBatchMayBeEmpty() throws {
        let database = try TestDatabase()
        let batch = EventBatch(producer: TestProducer().id, sequence: 1, block: EventBlock())
        #expect(try database.store.store(batch) == .stored)
        #expect(try database.store.store(batch) == .alreadyStored)
        #expect(try database.audit() == "")
    }

    @Test func aSequenceBeginsAtOne() throws {
        let batch = EventBatch(producer: TestProducer().id, sequence: 0, block: EventBlock())
        let error = #expect(throws: StoreError.self) { try TestDatabase().store.store(batch) }
        #expect(error?.code == .batch)
    }

    /// Whatever differs makes another batch of it, and the first one stands.
    @Test func anotherBatchOfTheSameSequenceIsAConflict() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batch = try TestProducer().batch(1, &generator)
            #expect(try database.store.store(batch) == .stored)
            let row = Int.random(in: 0..<batch.block.rows.count, using: &generator)
            let changes: [(inout EventBlock) -> Void] = [
                { $0.rows.removeLast() }, { $0.rows[row].tokens.output += 1 }, { $0.rows[row].tokens.cacheHit += 1 },
                { $0.rows[row].tokens.cacheMiss += 1 }, { $0.rows[row].tokens.cacheWrite += 1 },
                { $0.rows[row].tokens.cacheWrite1h += 1 }, { $0.rows[row].requests += 1 },
                { $0.rows[row].startedAt = UsageEvent.earliestInstant },
                { $0.rows[row].completedAt = UsageEvent.latestInstant }, { $0.rows[row].account ^= 1 },
                { $0.rows[row].model ^= 1 }, { $0.rows[row].channel ^= 1 }, { $0.rows[row].requestIDStart += 1 },
                { $0.rows[row].requestIDLength -= 1 }, { $0.requestIDs[row] ^= 1 }, { $0.accounts.swapAt(0, 1) },
                { $0.models.swapAt(0, 1) }, { $0.rows[row].kind = .reversal }, { $0.serviceTiers += $0.models },
            ]
            for change in changes { #expect(try database.store.store(batch.with(change)) == .conflict) }
            #expect(try database.storedSums() == sums(of: [batch]))
            #expect(try database.psql("SELECT count(*) FROM taximeter.event_reversal") == "0\n")
            #expect(try database.audit() == "")
        }
    }

    /// What cannot be stored is set aside with its reason; everything else is stored, in the same transaction.
    @Test func aPoisonEventSpoilsNoOther() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batch = try TestProducer().batch(1, events: 10_000, &generator)
            var places = Set<Int>()
            while places.count < Self.poisons.count { places.insert(.random(in: 0..<10_000, using: &generator)) }
            let poisoned = places.shuffled(using: &generator)
            let spoilt = batch.with { block in
                for (place, poison) in zip(poisoned, Self.poisons) { poison.poison(&block, place) }
            }
            #expect(try database.store.store(spoilt) == .stored)
            #expect(try database.store.store(spoilt) == .alreadyStored)
            let good = batch.with { block in
                for place in poisoned.sorted(by: >) { block.rows.remove(at: place) }
            }
            #expect(try database.storedSums() == sums(of: [good]))
            #expect(try database.audit() == "")
            for (place, poison) in zip(poisoned, Self.poisons) {
                let reason = try database.psql(
                    "SELECT reason FROM taximeter.quarantined_events WHERE position = \(place + 1)")
                #expect(reason.contains(poison.reason), "\(reason)")
            }
            let count = try database.psql("SELECT count(*) FROM taximeter.quarantined_events")
            #expect(count == "\(Self.poisons.count)\n")
        }
    }

    struct Poison: Sendable {
        let reason: String
        let poison: @Sendable (inout EventBlock, Int) -> Void
    }

    /// One of every kind.
    static let poisons: [Poison] = [
        Poison(reason: "account is name 5") { $0.rows[$1].account = 5 },
        Poison(reason: "account is name -1") { $0.rows[$1].account = -1 },
        Poison(reason: "model is name 2") { $0.rows[$1].model = 2 },
        Poison(reason: "channel is name 9") { $0.rows[$1].channel = 9 },
        Poison(reason: "service_tier is name 1") { $0.rows[$1].serviceTier = 1 },
        Poison(reason: "request_id has 0 bytes") { $0.rows[$1].requestIDLength = 0 },
        Poison(reason: "request_id has 256 bytes") { $0.rows[$1].requestIDLength = 256 },
        Poison(reason: "request_id has 9 bytes from -1") {
            $0.rows[$1].requestIDStart = -1
            $0.rows[$1].requestIDLength = 9
        },
        Poison(reason: "request_id has 20 bytes from") {
            $0.rows[$1].requestIDStart = Int32($0.requestIDs.count - 1)
            $0.rows[$1].requestIDLength = 20
        },
        Poison(reason: "request_id contains a NUL byte") { Self.give(&$0, $1, [0x61, 0]) },
        Poison(reason: "request_id is not UTF-8") { Self.give(&$0, $1, [0x61, 0xff]) },
        Poison(reason: "request_id is not UTF-8") { Self.give(&$0, $1, [0xed, 0xa0, 0x80]) },
        Poison(reason: "output_tokens is -1") { $0.rows[$1].tokens.output = -1 },
        Poison(reason: "cache_hit_tokens is 1000000000000001") { $0.rows[$1].tokens.cacheHit = 1_000_000_000_000_001 },
        Poison(reason: "cache_miss_tokens is") { $0.rows[$1].tokens.cacheMiss = .max },
        Poison(reason: "cache_write_tokens is") { $0.rows[$1].tokens.cacheWrite = .min },
        Poison(reason: "cache_write_1h_tokens is -1") { $0.rows[$1].tokens.cacheWrite1h = -1 },
        Poison(reason: "requests is 0") { $0.rows[$1].requests = 0 },
        Poison(reason: "requests is 1000000000001") { $0.rows[$1].requests = 1_000_000_000_001 },
        Poison(reason: "started_at is") { $0.rows[$1].startedAt = .latest },
        Poison(reason: "completed_at is") { $0.rows[$1].completedAt = .latest },
        Poison(reason: "completed_at is") { $0.rows[$1].completedAt = .earliest },
        Poison(reason: "expected an instant not after completed_at") {
            $0.rows[$1].startedAt = UsageEvent.latestInstant
        },
        Poison(reason: "reversal without an original") { $0.rows[$1].kind = .reversal },
    ]

    private static func give(_ block: inout EventBlock, _ place: Int, _ requestID: [UInt8]) {
        block.rows[place].requestIDStart = Int32(block.requestIDs.count)
        block.rows[place].requestIDLength = Int32(requestID.count)
        block.requestIDs += requestID
    }

    /// The limits in Swift are those of the table: what the one lets pass, the other takes.
    @Test func theEndsOfEveryRangeAreStored() throws {
        let database = try TestDatabase()
        var block = EventBlock()
        block.accounts = [try Identifier(String(repeating: "水", count: 85))]
        block.models = [try Identifier("'")]
        block.channels = [try Identifier("\\N")]
        block.serviceTiers = [try Identifier("a\tb")]
        block.requestIDs = Array(String(repeating: "🦆", count: 63).utf8) + Array("xyz".utf8)
        let most = UsageEvent.maximumTokenCount
        for (started, completed, tokens, requests, length) in [
            (UsageEvent.earliestInstant, UsageEvent.earliestInstant, TokenCounts(), 1, 255),
            (
                UsageEvent.earliestInstant, UsageEvent.latestInstant,
                TokenCounts(cacheHit: most, cacheMiss: most, cacheWrite: most, cacheWrite1h: most, output: most),
                UsageEvent.maximumRequestCount, 4
            ),
        ] as [(Instant, Instant, TokenCounts, Int64, Int32)] {
            block.rows.append(
                EventBlock.Row(
                    kind: .usage, account: 0, model: 0, channel: 0, serviceTier: 0, requestIDStart: 0,
                    requestIDLength: length, startedAt: started, completedAt: completed, tokens: tokens,
                    requests: requests))
        }
        let batch = EventBatch(producer: TestProducer().id, sequence: 1, block: block)
        #expect(try database.store.store(batch) == .stored)
        #expect(try database.storedSums() == sums(of: [batch]))
        #expect(try database.psql("SELECT * FROM taximeter.quarantined_events") == "")
        #expect(try database.audit() == "")
    }

    @Test func storesWhatWasSent() throws {
        let database = try TestDatabase()
        var block = EventBlock()
        block.accounts = [try Identifier("other"), try Identifier("acme")]
        block.models = [try Identifier("m")]
        block.channels = [try Identifier("web")]
        block.serviceTiers = [try Identifier("flex")]
        block.requestIDs = Array("r-1r-2".utf8)
        block.rows = [
            EventBlock.Row(
                kind: .usage, account: 1, model: 0, channel: 0, serviceTier: 0, requestIDStart: 3, requestIDLength: 3,
                startedAt: try instant("2025-03-10T10:20:29.25Z"),
                completedAt: try instant("2025-03-10T10:20:30.000001Z"),
                tokens: TokenCounts(cacheHit: 1, cacheMiss: 2, cacheWrite: 3, cacheWrite1h: 4, output: 5), requests: 6)
        ]
        #expect(
            try database.store.store(EventBatch(producer: TestProducer(7).id, sequence: 3, block: block)) == .stored)
        let row = try database.psql(
            """
            SELECT b.producer_id, b.sequence, a.external_id, m.name, c.name, t.name, e.request_id, e.started_at,
                e.completed_at, e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens, e.cache_write_1h_tokens,
                e.output_tokens, e.requests, e.sign, e.recorded_at BETWEEN now() - interval '1 hour' AND now()
            FROM taximeter.usage_event AS e JOIN taximeter.account AS a USING (account_key)
            JOIN taximeter.model AS m USING (model_key) JOIN taximeter.channel AS c USING (channel_key)
            JOIN taximeter.service_tier AS t USING (service_tier_key)
            JOIN taximeter.ingest_batch AS b USING (batch_key)
            """)
        #expect(
            row == "\(TestProducer(7).id)|3|acme|m|web|flex|r-2|2025-03-10 10:20:29.25+00|2025-03-10 10:20:30.000001+00"
                + "|1|2|3|4|5|6|1|t\n")
        // A producer whose first batches are missing is seen.
        #expect(try database.audit() == "sequence|producer \(TestProducer(7).id)|batch 1|next is batch 3\n")
    }
}
