import Foundation
import TestKit
import Testing

@testable import Taximeter

/// docs/event-format.md says what the readers do.
@Suite struct EventFormatPageTests {
    private let page: DocumentedPage

    init() throws { page = try DocumentedPage("event-format.md") }

    @Test func itsFieldsAreTheFormat() {
        let rows = page.tableRows.filter { ["yes", "no"].contains($0.dropFirst().first ?? "") }
        #expect(rows.map(\.[0]) == EventField.allCases.map(\.name))
        #expect(rows.map { $0[1] == "yes" } == EventField.allCases.map(\.isRequired))
        #expect(rows.map { $0[3] == "refused" } == EventField.allCases.map(\.isRequired))
    }

    @Test func itsCodesAreTheReasons() {
        let codes: [RejectReason.Code] = [
            .rowTooLong, .containsNUL, .invalidUTF8, .malformed, .fieldCount, .unknownField, .duplicateField,
            .noLookupEntry, .unexpectedField, .missingField, .invalidValue, .noTokenField, .outOfRange,
        ]
        let listed = page.tableRows.map(\.[0]).filter { $0.contains("_") || $0 == "malformed" }
            .filter { EventField(name: $0) == nil && $0 != "input_includes_hits" }
        #expect(listed == codes.map(\.name))
    }

    @Test func itsLimitsAreTheLimits() throws {
        let path = Fixtures.packageRoot.appending(path: "docs/event-format.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        #expect(EventReader.maximumRowByteCount == 1_048_576 && text.contains("at most 1,048,576 bytes"))
        #expect(RejectedRow.shownByteCount == 2_048 && text.contains("cut after 2,048 bytes"))
        #expect(UsageEvent.maximumTokenCount == 1_000_000_000_000_000 && text.contains("0 to 10¹⁵"))
        #expect(UsageEvent.maximumRequestCount == 1_000_000_000_000 && text.contains("1 to 10¹²"))
        #expect(text.contains("from \(UsageEvent.earliestInstant) to\n  \(UsageEvent.latestInstant)"))
        #expect(Identifier.maximumByteCount == 255)
    }

    @Test func itsJSONLinesAreEvents() throws {
        let read = ReadEvents(try page.block("jsonl"), .jsonLines)
        #expect(read.summary == ["1 r-1", "2 r-2", "3 2025-02-27T16:00Z"])
        #expect(read.events.map(\.requests) == [1, 1, 3_100])
        #expect(
            read.events.map(\.startedAt.description) == [
                "2025-02-27T16:30:00Z", "2025-02-27T16:29:58.500000Z", "2025-02-27T17:00:00Z",
            ])
    }

    @Test func itsReversalsAreReversals() throws {
        #expect(
            ReadEvents(try page.block("jsonl reversals"), .jsonLines).summary
                == ["1 r-7", "2 reverses acme r-7", "3 r-7-corrected"])
        #expect(
            ReadEvents(try page.block("csv reversals"), .csv).summary
                == ["2 reverses acme r-2", "3 r-2-corrected"])
    }

    @Test func itsCSVIsEvents() throws {
        let read = ReadEvents(try page.block("csv"), .csv)
        #expect(read.summary == ["2 r-1", "3 r-1"])
        #expect(read.events.map(\.account.text) == ["acme", #"Müller, "KI" GmbH"#])
        #expect(read.events.map(\.tokens.cacheHit) == [900, 0])
    }

    @Test func itsMappingMakesTheEventsThatItTells() throws {
        let mapping = try EventMapping.parse(page.block("yaml"), file: "trace.yaml")
        let read = ReadEvents(try page.block("csv mapped"), .mapped(mapping))
        #expect(read.summary == ["2 gpu-01:trace:2", "3 gpu-02:trace:3"])
        let first = try #require(read.events.first)
        #expect(first.account.text == "search" && first.model.text == "deepseek-reasoner")
        #expect(first.tokens == TokenCounts(cacheHit: 900, cacheMiss: 100, output: 250))
        let second = try #require(read.events.last)
        #expect(second.account.text == "research" && second.model.text == "deepseek-chat")
        #expect(second.tokens == TokenCounts(cacheMiss: 12, output: 7))
        #expect(second.startedAt.description == "2025-03-01T00:00:02Z")
        #expect(second.completedAt.description == "2025-03-01T00:00:02.040000Z")
    }

    /// The rejects are what the reader says of their own rows.
    @Test func itsRejectsAreReal() throws {
        struct Entry: Decodable {
            let file: String
            let line: Int
            let reason: String
            let row: String
        }
        let header = "account,request_id,model,completed_at,cache_hit_tokens,cache_miss_tokens,output_tokens\n"
        let lines = try page.block("jsonl rejects").split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines {
            let entry = try JSONDecoder().decode(Entry.self, from: Data(line.utf8))
            let read = ReadEvents(header + entry.row, .csv)
            #expect(read.rejects.map(\.reason.description) == [entry.reason])
            #expect(read.rejects.map(\.text) == [entry.row])
        }
    }
}
