import TestKit
import Testing

@testable import Taximeter

/// The payload's SHA-256 is stored for ever: if one of these bytes changes, every stored id turns into a conflict.
@Suite struct CanonicalPayloadTests {
    private static func event(
        account: String = "acme", request: String = "r-1", model: String = "deepseek-reasoner", channel: String = "api",
        tier: String = "standard", started: Int64 = 1_740_673_799_000_000, completed: Int64 = 1_740_673_800_000_001,
        tokens: TokenCounts = TokenCounts(
            cacheHit: 1, cacheMiss: 256, cacheWrite: 3, cacheWrite1h: 4, output: 1_000_000_000_000_000),
        requests: Int64 = 1
    ) throws -> UsageEvent {
        try UsageEvent(
            account: Identifier(account), model: Identifier(model), channel: Identifier(channel),
            serviceTier: Identifier(tier), requestID: Identifier(request), startedAt: Instant(unchecked: started),
            completedAt: Instant(unchecked: completed), tokens: tokens, requests: requests)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    @Test func writesTheseBytes() throws {
        let event = try Self.event()
        #expect(
            Self.hexadecimal(event.canonicalPayload)
                == [
                    "01",  // version
                    "00062f2233758fc0", "00062f223384d201",  // started_at, completed_at
                    "0000000000000001", "0000000000000100", "0000000000000003", "0000000000000004",
                    "00038d7ea4c68000",  // output: 10¹⁵
                    "0000000000000001",  // requests
                    "11", "646565707365656b2d726561736f6e6572",  // deepseek-reasoner
                    "03", "617069",  // api
                    "08", "7374616e64617264",  // standard
                ].joined())
    }

    @Test func writesTheLongestNames() throws {
        let name = String(repeating: "模", count: 85)
        let payload = try Self.event(model: name, channel: name, tier: name).canonicalPayload
        #expect(payload.count == 65 + 3 * 256)
        #expect(payload[65] == 255)
        #expect(Array(payload[66..<321]) == Array(name.utf8))
    }

    @Test func leavesOutTheKeyUnderWhichItIsStored() throws {
        let (one, other) = (try Self.event(), try Self.event(account: "b", request: "r-2"))
        #expect(one.canonicalPayload == other.canonicalPayload)
    }

    @Test func differsWhereverTheContentDiffers() throws {
        let variants = try [
            Self.event(), Self.event(model: "m"), Self.event(channel: "web"), Self.event(tier: "batch"),
            Self.event(started: 1_740_673_799_000_001), Self.event(completed: 1_740_673_800_000_002),
            Self.event(tokens: TokenCounts(cacheHit: 1)), Self.event(tokens: TokenCounts(cacheMiss: 1)),
            Self.event(tokens: TokenCounts(cacheWrite: 1)), Self.event(tokens: TokenCounts(cacheWrite1h: 1)),
            Self.event(tokens: TokenCounts(output: 1)), Self.event(requests: 2),
            // Composed and decomposed é, and the same letters cut at another place.
            Self.event(model: "\u{E9}"), Self.event(model: "e\u{301}"), Self.event(model: "ab", channel: "c"),
            Self.event(model: "a", channel: "bc"),
        ]
        #expect(Set(variants.map { Self.hexadecimal($0.canonicalPayload) }).count == variants.count)
    }

    @Test func appendsToABuffer() throws {
        let event = try Self.event()
        var buffer: [UInt8] = [7]
        event.canonicalPayload(into: &buffer)
        event.canonicalPayload(into: &buffer)
        #expect(buffer == [7] + event.canonicalPayload + event.canonicalPayload)
    }
}
