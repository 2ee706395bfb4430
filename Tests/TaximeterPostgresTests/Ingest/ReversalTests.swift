import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@Suite struct ReversalTests {
    private func reversal(_ requestID: String, account: String = "acme") throws -> EventReversal {
        EventReversal(account: try Identifier(account), requestID: try Identifier(requestID))
    }

    @Test func anEventIsReversedOnceAndStays() throws {
        let database = try TestDatabase()
        let store = database.store
        #expect(try store.record([event("1", output: 7), event("2", output: 5)]) == [.accepted, .accepted])
        try store.run()
        #expect(try store.reverse(account: Identifier("acme"), requestID: Identifier("1")) == .reversed)
        #expect(try store.reverse(account: Identifier("acme"), requestID: Identifier("1")) == .alreadyReversed)
        #expect(try store.reverse(account: Identifier("acme"), requestID: Identifier("3")) == .noOriginal)
        #expect(try store.reverse(account: Identifier("other"), requestID: Identifier("1")) == .noOriginal)
        #expect(try database.audit() == "")
        #expect(try database.psql("SELECT events, output_tokens FROM taximeter.usage_bucket") == "1|5\n")
        #expect(try database.psql("SELECT count(*), sum(sign * output_tokens) FROM taximeter.usage_event") == "3|5\n")
        // The id stays used.
        #expect(try store.record([event("1", output: 7), event("1", output: 8)]) == [.duplicate, .conflict])
    }

    /// A replacement is a reversal and a new event in one call; a bucket may come down to nothing.
    @Test func aReplacementIsOneCall() throws {
        let database = try TestDatabase()
        #expect(try database.store.record([event("1", output: 7)]) == [.accepted])
        let answers = try database.store.record(
            [event("1-corrected", channel: "web", output: 9)],
            reversing: [reversal("1"), reversal("1"), reversal("none"), reversal("1-corrected")])
        #expect(answers.events == [.accepted])
        #expect(answers.reversals == [.reversed, .alreadyReversed, .noOriginal, .reversed])
        #expect(try database.audit() == "")
        #expect(
            try database.psql(
                "SELECT events, requests, output_tokens, below_zero FROM taximeter.usage_bucket ORDER BY 1")
                == "0|0|0|f\n0|0|0|f\n")
    }

    /// In batches: an original in an earlier batch, in front of it, behind it, with other values, and twice.
    @Test func reversalsOfABatchMustFindTheirOriginals() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let first = try TestProducer().batch(1, events: 100, &generator)
            #expect(try database.store.store(first) == .stored)
            let second = try TestProducer().batch(2, events: 100, &generator).with { block in
                func take(_ row: EventBlock.Row, from ids: [UInt8], _ change: (inout EventBlock.Row) -> Void = { _ in })
                {
                    var row = row
                    row.kind = .reversal
                    let id = ids[Int(row.requestIDStart)..<Int(row.requestIDStart + row.requestIDLength)]
                    row.requestIDStart = Int32(block.requestIDs.count)
                    block.requestIDs += id
                    change(&row)
                    block.rows.append(row)
                }
                take(first.block.rows[3], from: first.block.requestIDs)
                take(first.block.rows[4], from: first.block.requestIDs) { $0.tokens.output += 1 }
                take(block.rows[50], from: block.requestIDs)
                take(first.block.rows[3], from: first.block.requestIDs)
                take(first.block.rows[5], from: first.block.requestIDs) { $0.account = ($0.account + 1) % 5 }
                take(block.rows[51], from: block.requestIDs) { $0.model ^= 1 }
            }
            #expect(try database.store.store(second) == .stored)
            #expect(try database.store.store(second) == .alreadyStored)
            let third = EventBatch(
                producer: second.producer, sequence: 3,
                block: first.with {
                    $0.rows = [$0.rows[3], $0.rows[6]].map {
                        var row = $0; row.kind = .reversal; return row
                    }
                }.block)
            #expect(try database.store.store(third) == .stored)
            #expect(
                try database.psql("SELECT sequence, position, reason FROM taximeter.quarantined_events") == """
                    2|102|reversal with other values than its original
                    2|104|reversal of an event that was reversed before
                    2|105|reversal without an original: no such event of the account was stored before it
                    2|106|reversal with other values than its original
                    3|1|reversal of an event that was reversed before

                    """)
            let kept = [
                first, second.with { block in for place in [105, 104, 103, 101] { block.rows.remove(at: place) } },
            ]
            #expect(try database.storedSums() == sums(of: kept + [third.with { $0.rows.removeFirst() }]))
            #expect(try database.audit() == "")
        }
    }

    /// More reversed than used, which no call of ours can do: the bucket counts as nothing, the others go on, the audit
    /// says so.
    @Test func aBucketBelowZeroIsFoundAndStopsNoOther() throws {
        let database = try TestDatabase()
        _ = try database.store.record([event("1", output: 7), event("2", account: "other", output: 5)])
        try database.psql(
            """
            INSERT INTO taximeter.usage_event (account_key, completed_at, started_at, cache_hit_tokens,
                cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, requests, model_key,
                channel_key, service_tier_key, request_id, sign)
            SELECT account_key, completed_at, started_at, 0, 0, 0, 0, 8, 1, model_key, channel_key, service_tier_key,
                'x', -1
            FROM taximeter.usage_event WHERE request_id = '1'
            """)
        let audit = try database.audit().split(separator: "\n")
        #expect(audit.contains { $0.hasPrefix("below zero|account acme slot 2025-03-10T10:00:00Z|") }, "\(audit)")
        #expect(audit.contains { $0.hasPrefix("reversals|account acme|0 ids") }, "\(audit)")
        #expect(
            try database.psql(
                "SELECT events, output_tokens, below_zero FROM taximeter.usage_bucket ORDER BY account_key")
                == "0|0|t\n1|5|f\n")
        #expect(try database.store.run().rating.charges == 0)
    }

    /// Keys can be dropped; then what is too old to be told from a repeat is refused, and says so.
    @Test func eventsOlderThanTheKeysAreRefused() throws {
        let database = try TestDatabase()
        let old = try event("1", at: "2025-01-10T00:00:00Z")
        let edge = try event("2", at: "2025-02-01T00:00:00Z")
        #expect(try database.store.record([old, edge]) == [.accepted, .accepted])
        #expect(try database.psql("SELECT taximeter.drop_event_keys('2025-02-01T00:00:00Z')") == "1\n")
        let older = try event("3", at: "2025-01-31T23:59:59.999999Z")
        let fresh = try event("4")
        #expect(
            try database.store.record([old, edge, older, fresh])
                == [.tooOldToCheck, .duplicate, .tooOldToCheck, .accepted])
        #expect(try database.store.reverse(account: old.account, requestID: old.requestID) == .noOriginal)
        // It does not go back.
        #expect(try database.psql("SELECT taximeter.drop_event_keys('2025-01-01T00:00:00Z')") == "0\n")
        #expect(try database.store.record([older]) == [.tooOldToCheck])
        #expect(try database.audit() == "")
        try database.store.verify()
    }
}
