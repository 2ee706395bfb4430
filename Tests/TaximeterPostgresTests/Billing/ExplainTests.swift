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

/// Lines that are not a month's own usage: what changed later, fees, taxes and minimums.
@Suite struct ExplainOtherLinesTests {
    /// Each line of an invoice of a scenario: what it says, and what invoices up to it said of it.
    private func explain(_ name: String, _ number: String) throws -> [String] {
        let scenario = try #require(Scenario.all.first { $0.name == name })
        let database = try TestDatabase()
        try scenario.run(in: database) { _, take in try take(database.store) }
        var found: [String] = []
        _ = try database.store.explain(number) { explanation in
            let line = explanation.line
            let said = explanation.standing.map { "\($0.number) \($0.exact.decimalText) → \($0.amount.decimalText)" }
            let parts = explanation.parts.map { "\($0.tokens) = \($0.net.decimalText)" }
            found.append(
                "\(line.kind.rawValue): \(line.exact.decimalText) → \(line.amount.decimalText); "
                    + "\(said.joined(separator: ", ")); \(parts.joined(separator: ", "))")
        }
        return found
    }

    /// 666 tokens of 0.001 are 0.67, of which 0.33 were billed.
    @Test func anAdjustment() throws {
        #expect(
            try explain("late-usage.yaml", "INV-000002") == [
                "usage: 1 → 1; INV-000002 1 → 1; 1000 = 1",
                "usage: 0.333 → 0.34; INV-000001 0.333 → 0.33, INV-000002 0.333 → 0.34; 333 = 0.333, 333 = 0.333",
            ])
    }

    /// Ten of February's 28 days are 7.142857142857142857 of 20.
    @Test func feesAndTaxes() throws {
        #expect(
            try explain("fees-and-taxes.yaml", "INV-000001") == [
                "usage: 1 → 1; INV-000001 1 → 1; 1000 = 1",
                "recurring_fee: 20 → 20; INV-000001 20 → 20; ", "tax: 3.8 → 3.8; INV-000001 3.8 → 3.8; ",
                "tax: 0.19 → 0.19; INV-000001 0.19 → 0.19; ", "recurring_fee: 20 → 20; INV-000001 20 → 20; ",
                "tax: 3.8 → 3.8; INV-000001 3.8 → 3.8; ",
            ])
        #expect(
            try explain("fees-and-taxes.yaml", "INV-000002") == [
                "recurring_fee: -12.857142857142857143 → -12.86; "
                    + "INV-000001 20 → 20, INV-000002 -12.857142857142857143 → -12.86; ",
                "tax: -2.4434 → -2.44; INV-000001 3.8 → 3.8, INV-000002 -2.4434 → -2.44; ",
            ])
    }

    @Test func aMinimum() throws {
        #expect(
            try explain("minimum-and-maximum.yaml", "INV-000002") == [
                "usage: 160 → 160; INV-000002 160 → 160; 160 = 160", "maximum: -10 → -10; INV-000002 -10 → -10; ",
                "usage: 90 → 90; INV-000001 30 → 30, INV-000002 90 → 90; 30 = 30, 90 = 90",
                "minimum: -70 → -70; INV-000001 70 → 70, INV-000002 -70 → -70; ",
            ])
    }

    /// What is not counted in tokens says what it was computed from.
    @Test func descriptionsHaveTheArithmetic() throws {
        func descriptions(_ name: String, _ number: String) throws -> [String] {
            let scenario = try #require(Scenario.all.first { $0.name == name })
            let database = try TestDatabase()
            try scenario.run(in: database) { _, take in try take(database.store) }
            let lines = try database.store.invoice(number).invoice.lines
            return lines.filter { [.tax, .minimum, .maximum].contains($0.kind) }.map(\.description)
        }
        #expect(
            try descriptions("fees-and-taxes.yaml", "INV-000001") == [
                "VAT 19 %: 0.19 of 20.00 USD", "VAT 19 %: 0.19 of 1.00 USD", "VAT 19 %: 0.19 of 20.00 USD",
            ])
        #expect(
            try descriptions("minimum-and-maximum.yaml", "INV-000001") == [
                "From 30.00 USD to the minimum of 100.00 USD"
            ])
        #expect(
            try descriptions("minimum-and-maximum.yaml", "INV-000002").first
                == "Usage of 160.00 USD beyond the maximum of 150.00 USD")
    }
}
