import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// From the line of an invoice down to buckets and events: what an accountant adds up again by hand.
@Suite struct ExplainTests {
    private let database: TestDatabase

    /// A dollar a thousand tokens up to 1,000, half of it beyond; 600, 800 less 100, and 50 tokens in three hours.
    init() throws {
        database = try TestDatabase()
        _ = try database.store.load(
            try PriceBook.parse(
                """
                price_book: list
                currency: USD
                tariffs:
                  - model: model-a
                    versions:
                      - from: 2025-01-01T00:00:00Z
                        rates: {cache_miss: 0, cache_hit: 0, output: 1000}
                        tiers: [{name: t, counter: class, classes: [output], mode: graduated,
                          steps: [{up_to: 1000}, {factor: 0.5}]}]
                """, file: "list.yaml"))
        let answers = try database.store.record([
            event("1", at: "2025-03-10T10:00:00Z", output: 600), event("2", at: "2025-03-11T11:00:00Z", output: 300),
            event("3", at: "2025-03-11T11:30:00Z", output: 500), event("4", at: "2025-03-11T11:40:00Z", output: 100),
            event("5", at: "2025-03-12T12:00:00Z", output: 50),
        ])
        #expect(answers == Array(repeating: .accepted, count: 5))
        try #expect(
            database.store.reverse(account: Identifier("acme"), requestID: Identifier("4")) == .reversed)
        try database.bill("2025-03")
    }

    private func explanations() throws -> [LineExplanation] {
        var found: [LineExplanation] = []
        _ = try database.store.explain("INV-000001") { found.append($0) }
        return found
    }

    /// Hour, tokens of the bucket, its charge, tokens here, and what they come to.
    private func rows(_ explanation: LineExplanation) -> [String] {
        explanation.parts.map { part in
            "\(part.bucket.key.slotStart) \(part.bucket.tokens.output) \(part.charge.decimalText): \(part.tokens) × "
                + "\(part.unitPrice.decimalText) = \(part.net.decimalText)"
        }
    }

    @Test func aBucketThatStraddlesAStepIsOnBothLines() throws {
        let lines = try explanations()
        #expect(
            lines.map(rows) == [
                [
                    "2025-03-10T10:00:00Z 600 0.6: 600 × 0.001 = 0.6",
                    "2025-03-11T11:00:00Z 800 0.6: 400 × 0.001 = 0.4",
                ],
                [
                    "2025-03-11T11:00:00Z 800 0.6: 400 × 0.0005 = 0.2",
                    "2025-03-12T12:00:00Z 50 0.025: 50 × 0.0005 = 0.025",
                ],
            ])
        for explanation in lines {
            let parts = explanation.parts
            #expect(parts.reduce(0) { $0 + $1.chargedTokens } == explanation.line.quantity)
            #expect(try parts.reduce(Money.zero(.usd)) { try $0 + $1.net } == explanation.line.exact)
            #expect(parts.allSatisfy { $0.storedEvents == $0.bucket.events })
        }
    }

    /// The events of a bucket sum to it, the reversed one and its reversal to nothing.
    @Test func eventsSumToTheirBucket() throws {
        let bucket = try #require(try explanations().first?.parts.last?.bucket)
        var events: [String] = []
        try database.store.events(of: bucket.key) { event in
            let mark = event.isReversal ? " reversal" : event.isReversed ? " reversed" : ""
            events.append("\(event.requestID) \(event.completedAt) \(event.tokens.output)\(mark)")
        }
        #expect(
            events == [
                "2 2025-03-11T11:00:00Z 300", "3 2025-03-11T11:30:00Z 500", "4 2025-03-11T11:40:00Z 100 reversed",
                "4 2025-03-11T11:40:00Z 100 reversal",
            ])
        #expect(bucket.events == 2)
    }

    /// What was dropped with its partition is missed, and the amounts stay.
    @Test func eventsThatAreGoneAreTold() throws {
        let before = try explanations().map(rows)
        try database.psql("DROP TABLE taximeter.usage_event_2025_03_11")
        let lines = try explanations()
        #expect(lines.map(rows) == before)
        #expect(lines.map { $0.parts.map(\.storedEvents) } == [[1, 0], [0, 1]])
        var count = 0
        try database.store.events(of: try #require(lines[0].parts.last?.bucket.key)) { _ in count += 1 }
        #expect(count == 0)
    }

    /// Usage that came after the invoice is told apart from what the invoice says.
    @Test func lateUsageIsNotOnTheInvoice() throws {
        _ = try database.store.record([event("6", at: "2025-03-11T11:59:00Z", output: 7)])
        try database.store.run()
        let second = try explanations()[1]
        #expect(second.standing.reduce(0) { $0 + $1.quantity } == 450)
        #expect(second.parts.reduce(0) { $0 + $1.chargedTokens } == 457)
    }
}
