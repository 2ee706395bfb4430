import TestKit
import Testing

@testable import Taximeter

/// No input stops the process, and every row is answered exactly once.
@Suite struct EventFuzzTests {
    private static let mapping = """
        input_includes_hits: true
        fields:
          account: {column: account, if_empty: model}
          request_id: {join: [request_id, {line: f}]}
          model: {by: model, values: {m: x}, otherwise: y}
          started_at: {column: started_at, unit: nanoseconds, origin: {column: completed_at}}
          duration: {column: requests, unit: seconds}
          input_tokens: cache_miss_tokens
          cache_hit_tokens: cache_hit_tokens
          output_tokens: output_tokens
        """

    /// Rows with bytes flipped, put in, left out and doubled. Without line ends and quotes among the new bytes, a
    /// mutated file has as many rows as before.
    @Test func mutatedRowsAreEachAnsweredOnce() async throws {
        try await withSeed { generator in
            for _ in 0..<150 {
                let isCSV = Bool.random(using: &generator)
                var rows: [[UInt8]] = []
                for _ in 0..<10 {
                    let event = try UsageEvent.random(using: &generator)
                    let text =
                        isCSV
                        ? EventText.csv(event, using: &generator) : EventText.json(event, using: &generator)
                    let oneLine = text.utf8.filter {
                        $0 != UInt8(ascii: "\n") && (!isCSV || $0 != UInt8(ascii: "\""))
                    }
                    rows.append(Self.mutated(Array(oneLine), using: &generator))
                }
                var bytes = isCSV ? Array(EventText.header.utf8) + [0x0A] : []
                for row in rows { bytes += row + [0x0A] }
                let read = ReadEvents(bytes, isCSV ? .csv : .jsonLines)
                #expect(read.rows.map(\.line) == rows.indices.map { $0 + (isCSV ? 2 : 1) })
                Self.check(read)
            }
        }
    }

    @Test func randomBytesStopNothing() async throws {
        let mapping = try EventMapping.parse(Self.mapping, file: "fuzz.yaml")
        let alphabet =
            Array("\"\",,\n\r{}[]:\\u0123456789eE+-.null\0account model".utf8) + [0xC3, 0xEF, 0xBB, 0xBF, 0xFF]
        try await withSeed { generator in
            for _ in 0..<400 {
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 0...300, using: &generator) {
                    bytes.append(alphabet[Int.random(in: alphabet.indices, using: &generator)])
                }
                for format in [EventFormat.jsonLines, .csv, .mapped(mapping)] {
                    Self.check(ReadEvents(bytes, format))
                    Self.check(ReadEvents(Array(EventText.header.utf8) + [0x0A] + bytes, format))
                }
            }
        }
    }

    /// Numbers at the edges of 64 bits in every column of a mapping that reckons with them.
    @Test func extremeNumbersOverflowNothing() async throws {
        let mapping = try EventMapping.parse(Self.mapping, file: "fuzz.yaml")
        let numbers = [
            "", "0", "1", "-1", "9223372036854775807", "-9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "1000000000000000", "99999999999999999999999999",
        ]
        let instants = ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", ""]
        try await withSeed { generator in
            func any(_ texts: [String]) -> String { texts[Int.random(in: texts.indices, using: &generator)] }
            var text =
                "account,request_id,model,completed_at,started_at,requests,cache_miss_tokens,cache_hit_tokens,output_tokens\n"
            for _ in 0..<10_000 {
                text += "a,r,m,\(any(instants)),\(any(numbers)),\(any(numbers)),\(any(numbers)),\(any(numbers)),1\n"
            }
            let read = ReadEvents(text, .mapped(mapping))
            #expect(read.rows.count == 10_000)
            #expect(!read.events.isEmpty)
            Self.check(read)
        }
    }

    private static func check(_ read: ReadEvents) {
        #expect(zip(read.rows, read.rows.dropFirst()).allSatisfy { $0.line < $1.line })
        for reject in read.rejects + [read.headerFault].compactMap(\.self) {
            let line = reject.reason.description
            #expect(
                !line.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a reason stays on its line: \(line.debugDescription)")
            #expect(reject.text.utf8.count <= 3 * RejectedRow.shownByteCount)
        }
    }

    private static func mutated(_ row: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        func byte() -> UInt8 {
            let byte = UInt8.random(in: 0...255, using: &generator)
            return byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\"") ? UInt8(ascii: ",") : byte
        }
        var row = row
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !row.isEmpty {
            let place = Int.random(in: row.indices, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: row[place] = byte()
            case 1: row.insert(byte(), at: place)
            case 2: row.remove(at: place)
            case 3: row.removeSubrange(place...)
            default: row.insert(contentsOf: row[place...].prefix(20), at: place)
            }
        }
        // An empty row is a blank line, and no row.
        return row.isEmpty || row == [UInt8(ascii: "\r")] ? [UInt8(ascii: "x")] : row
    }
}
