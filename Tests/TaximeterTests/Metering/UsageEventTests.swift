import Testing

@testable import Taximeter

@Suite struct UsageEventTests {
    /// Where a value lies outside the limits, and what the error says; nil where it is inside.
    struct Limit: CustomTestStringConvertible, Sendable {
        let name: String
        var started: Int64 = 1_000
        var completed: Int64 = 2_000
        var tokens = TokenCounts(output: 1)
        var requests: Int64 = 1
        var error: String?

        var testDescription: String { name }
    }

    private static let last: Int64 = 7_258_118_400_000_000
    private static let most: Int64 = 1_000_000_000_000_000
    private static let window = "expected an instant from 1970-01-01T00:00:00Z to 2200-01-01T00:00:00Z"

    private static let instants = [
        Limit(name: "first instant", started: 0, completed: 0),
        Limit(
            name: "before the first", started: 0, completed: -1,
            error: "completed_at is 1969-12-31T23:59:59.999999Z; \(window)"),
        Limit(
            name: "start before the first", started: -1, completed: 0,
            error: "started_at is 1969-12-31T23:59:59.999999Z; \(window)"),
        Limit(name: "last instant", started: last, completed: last),
        Limit(
            name: "after the last", started: 0, completed: last + 1,
            error: "completed_at is 2200-01-01T00:00:00.000001Z; \(window)"),
        Limit(
            name: "start after the last", started: last + 1, completed: last,
            error: "started_at is 2200-01-01T00:00:00.000001Z; \(window)"),
        Limit(name: "start at completion", started: 2_000, completed: 2_000),
        Limit(
            name: "start after completion", started: 2_001, completed: 2_000,
            error: """
                started_at is 1970-01-01T00:00:00.002001Z; expected an instant not after completed_at \
                (1970-01-01T00:00:00.002000Z)
                """),
    ]

    private static let requests = [
        Limit(name: "most requests", requests: 1_000_000_000_000),
        Limit(
            name: "too many requests", requests: 1_000_000_000_001,
            error: "requests is 1000000000001; expected 1 to 1000000000000 requests"),
        Limit(name: "no request", requests: 0, error: "requests is 0; expected 1 to 1000000000000 requests"),
        Limit(
            name: "fewest requests", requests: .min,
            error: "requests is -9223372036854775808; expected 1 to 1000000000000 requests"),
    ]

    private static let counts = TokenClass.allCases.flatMap { tokenClass in
        [0, most, -1, most + 1, .min, .max].map { (count: Int64) in
            var tokens = TokenCounts()
            tokens[tokenClass] = count
            let isInside = (0...most).contains(count)
            return Limit(
                name: "\(count) of \(tokenClass.name)", tokens: tokens,
                error: isInside
                    ? nil : "\(tokenClass.name)_tokens is \(count); expected 0 to 1000000000000000 tokens")
        }
    }

    private static func event(_ limit: Limit) throws(UsageEvent.Invalid) -> UsageEvent {
        try UsageEvent(
            account: Identifier(unchecked: "a"), model: Identifier(unchecked: "m"),
            channel: Identifier(unchecked: "c"), serviceTier: Identifier(unchecked: "t"),
            requestID: Identifier(unchecked: "r"), startedAt: Instant(unchecked: limit.started),
            completedAt: Instant(unchecked: limit.completed), tokens: limit.tokens, requests: limit.requests)
    }

    @Test(arguments: instants + requests + counts)
    func holdsItsLimits(_ limit: Limit) {
        do {
            let event = try Self.event(limit)
            #expect(limit.error == nil)
            #expect(event.tokens == limit.tokens)
        } catch {
            #expect(error.description == limit.error)
        }
    }

    /// Faults are looked for in a fixed order, so that two of them give the same answer every time.
    @Test func namesTheFirstOfSeveralFaults() {
        var limit = Limit(name: "all", started: -1, completed: -2, requests: 0)
        limit.tokens = TokenCounts(cacheHit: -1, cacheMiss: -2, cacheWrite: -3, cacheWrite1h: -4, output: -5)
        var fields: [EventField] = []
        let mends: [(inout Limit) -> Void] = [
            { $0.completed = 0 }, { $0.started = 1 }, { $0.started = 0 }, { $0.tokens.cacheHit = 0 },
            { $0.tokens.cacheMiss = 0 }, { $0.tokens.cacheWrite = 0 }, { $0.tokens.cacheWrite1h = 0 },
            { $0.tokens.output = 0 }, { $0.requests = 1 },
        ]
        for mend in mends {
            do throws(UsageEvent.Invalid) { _ = try Self.event(limit) } catch { fields.append(error.field) }
            mend(&limit)
        }
        #expect(
            fields == [
                .completedAt, .startedAt, .startedAt, .cacheHitTokens, .cacheMissTokens, .cacheWriteTokens,
                .cacheWrite1hTokens, .outputTokens, .requests,
            ])
        #expect(throws: Never.self) { try Self.event(limit) }
    }
}
