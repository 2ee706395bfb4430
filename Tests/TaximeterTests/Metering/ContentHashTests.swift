import Testing

@testable import Taximeter

/// Hashes that are stored, and compared for ever.
@Suite struct ContentHashTests {
    private static func event(
        model: String = "m", channel: String = "api", tier: String = "standard", started: Int64 = 1,
        completed: Int64 = 2, tokens: TokenCounts = TokenCounts(), requests: Int64 = 1, account: String = "a",
        id: String = "r"
    ) throws -> UsageEvent {
        try UsageEvent(
            account: Identifier(account), model: Identifier(model), channel: Identifier(channel),
            serviceTier: Identifier(tier), requestID: Identifier(id), startedAt: Instant(unchecked: started),
            completedAt: Instant(unchecked: completed), tokens: tokens, requests: requests)
    }

    /// A change of these values would make every repeat of a stored event a conflict.
    @Test func ofAnEventNeverChanges() throws {
        let event = try Self.event(
            model: "deepseek-reasoner", started: 1_740_673_740_000_000, completed: 1_740_673_800_000_000,
            tokens: TokenCounts(cacheHit: 900, cacheMiss: 100, cacheWrite: 3, cacheWrite1h: 4, output: 250), requests: 6
        )
        #expect(
            event.contentHash.bytes == [
                0xd0, 0xb5, 0x77, 0x79, 0xaa, 0x16, 0xcf, 0x2c, 0x93, 0x3e, 0x65, 0xd1, 0xeb, 0xb7, 0x33, 0xca,
            ])
    }

    @Test func ofAnEventTellsEveryFieldFromEveryOther() throws {
        let events = try [
            Self.event(), Self.event(model: "n"), Self.event(model: "ma", channel: "pi"), Self.event(channel: "web"),
            Self.event(tier: "batch"), Self.event(started: 2), Self.event(started: 0), Self.event(completed: 3),
            Self.event(tokens: TokenCounts(cacheHit: 1)), Self.event(tokens: TokenCounts(cacheMiss: 1)),
            Self.event(tokens: TokenCounts(cacheWrite: 1)), Self.event(tokens: TokenCounts(cacheWrite1h: 1)),
            Self.event(tokens: TokenCounts(output: 1)), Self.event(requests: 2),
            Self.event(model: "m\u{301}"), Self.event(model: "standard", tier: "m"),
        ]
        #expect(Set(events.map(\.contentHash)).count == events.count)
        // The key is left out.
        #expect(try Self.event(account: "b", id: "s").contentHash == events[0].contentHash)
    }
}
