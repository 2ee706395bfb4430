import TestKit
import Testing

@testable import Taximeter

/// What is written in either format is read back as it was.
@Suite struct EventRoundTripTests {
    @Test func eventsComeBackFromJSONLines() async throws {
        try await withSeed { generator in
            var events: [UsageEvent] = []
            var text = ""
            for _ in 0..<400 {
                let event = try UsageEvent.random(using: &generator)
                events.append(event)
                text += EventText.json(event, using: &generator) + (Bool.random(using: &generator) ? "\n" : "\r\n")
            }
            let read = ReadEvents(Array(text.utf8).chunks(upTo: 5_000, using: &generator), .jsonLines)
            #expect(read.rejects == [])
            #expect(read.events == events)
            #expect(read.rows.map(\.line) == Array(1...400))
        }
    }

    @Test func eventsComeBackFromCSV() async throws {
        try await withSeed { generator in
            var events: [UsageEvent] = []
            var lines: [Int] = []
            var text = EventText.header + "\n"
            for _ in 0..<400 {
                let event = try UsageEvent.random(using: &generator)
                events.append(event)
                lines.append(text.utf8.count { $0 == UInt8(ascii: "\n") } + 1)
                text += EventText.csv(event, using: &generator) + (Bool.random(using: &generator) ? "\n" : "\r\n")
            }
            let read = ReadEvents(Array(text.utf8).chunks(upTo: 5_000, using: &generator), .csv)
            #expect(read.rejects == [])
            #expect(read.events == events)
            #expect(read.rows.map(\.line) == lines)
        }
    }

    /// Two spellings of one character are two accounts, whatever `String` says.
    @Test func idsAreOpaqueBytes() throws {
        let rows = ["\u{E9}", "e\u{301}"].map {
            #"{"account":"\#($0)","request_id":"r","model":"m","completed_at":"2025-02-27T16:30:00Z","output_tokens":1}"#
        }
        let accounts = ReadEvents(rows.joined(separator: "\n"), .jsonLines).events.map(\.account)
        #expect(accounts.map { Array($0.text.utf8) } == [[0xC3, 0xA9], [0x65, 0xCC, 0x81]])
        #expect(Set(accounts).count == 2)
    }
}
