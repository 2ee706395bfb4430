import TestKit
import Testing

@testable import Taximeter

/// What is written is read back as it was, whatever stands in it.
@Suite struct EventLineWriterTests {
    @Test func eventsComeBack() async throws {
        try await withSeed { random in
            var writer = EventLineWriter()
            let events = try (0..<1_000).map { _ in try UsageEvent.random(using: &random) }
            events.forEach { writer.append($0) }
            let read = ReadEvents([writer.take()], .jsonLines)
            #expect(read.rejects == [])
            #expect(read.events == events)
            #expect(writer.bytes == [])
        }
    }

    @Test func oneLineByHand() throws {
        let event = try UsageEvent(
            account: Identifier("a\"\\\u{1}\u{1F}é"), model: Identifier("m"), channel: Identifier("api"),
            serviceTier: Identifier("standard"), requestID: Identifier("r"), startedAt: Instant(unchecked: 0),
            completedAt: Instant(unchecked: 1_740_673_800_000_050), tokens: TokenCounts(cacheMiss: 120))
        var writer = EventLineWriter()
        writer.append(event)
        #expect(
            String(decoding: writer.take(), as: UTF8.self) == """
                {"account":"a\\"\\\\\\u0001\\u001fé","request_id":"r","model":"m","channel":"api",\
                "service_tier":"standard","started_at":"1970-01-01T00:00:00Z",\
                "completed_at":"2025-02-27T16:30:00.000050Z","cache_miss_tokens":120,"output_tokens":0}

                """)
    }
}
