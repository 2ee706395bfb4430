import TestKit
import Testing

@testable import Taximeter

/// Documents of many events, cut and read.
@Suite struct EventBodyTests {
    private static let received = Instant(microseconds: 1_740_673_800_000_000) ?? .earliest

    private static func read(_ text: String, as form: EventBody.Form) throws -> [EventRow] {
        try EventBody.read(Array(text.utf8), as: form, receivedAt: received)
    }

    private static func elements(_ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        var cutter = JSONElementCutter(bytes)
        var elements: [String] = []
        while let place = try cutter.next() { elements.append(String(decoding: bytes[place], as: UTF8.self)) }
        return elements
    }

    @Test(
        arguments: [
            ("[]", []), (" [ ] \n", []), ("[1]", ["1"]),
            (#"[{"a":[1,{"b":"]"}]} , "x,\"]" ,null]"#, [#"{"a":[1,{"b":"]"}]} "#, #""x,\"]" "#, "null"]),
            (" {\"a\":1} ", ["{\"a\":1} "]), ("7", ["7"]),
        ] as [(String, [String])])
    func elementsOfADocument(_ text: String, _ expected: [String]) throws {
        #expect(try Self.elements(text) == expected)
    }

    @Test(arguments: ["", " \n", "[", "[1", "[1,", "[1,]", "[,1]", "[1]]", "[1] x", "[\"a]", "[\"a\\", "[{]"])
    func documentsThatCannotBeCut(_ text: String) {
        #expect(throws: RejectReason.self) { try Self.elements(text) }
    }

    /// An array, one after the other, and one a line: the same events.
    @Test func everyFormGivesTheSame() async throws {
        try await withSeed { generator in
            for _ in 0..<50 {
                let events = try (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                    try UsageEvent.random(using: &generator)
                }
                let texts = events.map { EventText.json($0, using: &generator) }
                let expected = events.indices.map { EventRow.event(events[$0], line: $0 + 1) }
                #expect(try Self.read("[" + texts.joined(separator: " ,\n") + "]", as: .json) == expected)
                let lines = texts.map { $0.replacing("\n", with: " ") }.joined(separator: "\n")
                #expect(try Self.read(lines, as: .jsonLines) == expected)
                if let text = texts.first { #expect(try Self.read(text, as: .json) == Array(expected.prefix(1))) }
            }
        }
    }

    /// No input stops the process, and what can be cut is answered element by element.
    @Test func mutatedDocuments() async throws {
        let cloud =
            #"[{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"a","time":"2025-02-27T16:30:00Z","#
            + #""data":{"model":"m","tokens":"5","type":"input","x":[{"y":"}"},1]}},{"account":"a","reverses":"r"}]"#
        try await withSeed { generator in
            for _ in 0..<3_000 {
                var bytes = Array(cloud.utf8)
                for _ in 0..<Int.random(in: 0...4, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes.remove(at: place)
                    case 1: bytes[place] = Array("{}[]\",:\\0".utf8).randomElement(using: &generator) ?? 0
                    default: bytes.removeSubrange(place...)
                    }
                    if bytes.isEmpty { break }
                }
                for form in EventBody.Form.allCases {
                    let rows = try? EventBody.read(bytes, as: form, receivedAt: Self.received)
                    if form != .jsonLines, let rows { #expect(rows.map(\.line) == Array(rows.indices.map { $0 + 1 })) }
                }
            }
        }
    }

    @Test func aCloudEvent() throws {
        let text = """
            {"specversion":"1.0","id":"req-1","source":"s","type":"t","subject":"acme","time":"2025-02-27T16:30:00Z",
             "data":{"model":"m","channel":"web","service_tier":"batch","started_at":"2025-02-27T16:29:00Z",
                     "cache_hit_tokens":"9","tokens":4,"type":"output","requests":2,"unknown":{"a":[]}}}
            """
        let event = try UsageEvent(
            account: Identifier("acme"), model: Identifier("m"), channel: Identifier("web"),
            serviceTier: Identifier("batch"), requestID: Identifier("req-1"),
            startedAt: #require(Instant(rfc3339: "2025-02-27T16:29:00Z")),
            completedAt: #require(Instant(rfc3339: "2025-02-27T16:30:00Z")),
            tokens: TokenCounts(cacheHit: 9, output: 4), requests: 2)
        #expect(try Self.read(text, as: .cloudEvents) == [.event(event, line: 1)])
        // Without a time it was completed when it came; data may say better.
        let timeless = text.replacing("\"time\"", with: "\"mite\"")
        guard case .event(let received, _)? = try Self.read(timeless, as: .cloudEvents).first else {
            Issue.record("expected an event")
            return
        }
        #expect(received.completedAt == Self.received)
        let reversal =
            #"[{"specversion":"1.0","id":"2","source":"s","type":"t","subject":"a","data":{"reverses":"r"}}]"#
        let undone = EventReversal(account: try Identifier("a"), requestID: try Identifier("r"))
        #expect(try Self.read(reversal, as: .cloudEvents) == [.reversal(undone, line: 1)])
    }

    @Test func anElementThatIsTooLong() throws {
        let long = "[{\"account\":\"" + String(repeating: "x", count: EventReader.maximumRowByteCount) + "\"},{}]"
        let rows = try Self.read(long, as: .json)
        guard case .rejected(let row)? = rows.first else {
            Issue.record("expected it to be refused")
            return
        }
        #expect(rows.count == 2 && row.reason.code == .rowTooLong && row.isCut)
    }
}
