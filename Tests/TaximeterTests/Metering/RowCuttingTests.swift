import TestKit
import Testing

@testable import Taximeter

/// Where rows begin and end: line ends, byte order marks, blank lines, limits, and chunks.
@Suite struct RowCuttingTests {
    private static let header = "account,request_id,model,completed_at,output_tokens"

    private static func json(_ id: String) -> String {
        """
        {"account":"a","request_id":"\(id)","model":"m","completed_at":"2025-02-27T16:30:00Z","output_tokens":1}
        """
    }

    private static func csv(_ id: String) -> String { "a,\(id),m,2025-02-27T16:30:00Z,1" }

    private static let files: [(file: String, rows: [String])] = [
        ("", []), ("\n", []), ("\r\n\r\n", []), ("\r", []), ("\u{FEFF}", []), ("\u{FEFF}\n", []),
        ("1\n2\n", ["1 1", "2 2"]), ("1\n2", ["1 1", "2 2"]), ("1\r\n2\r\n", ["1 1", "2 2"]),
        ("1\r\n2\r", ["1 1", "2 2"]), ("\n1\n\n\n2\n\n", ["2 1", "5 2"]), ("\u{FEFF}1\n2", ["1 1", "2 2"]),
        ("\u{FEFF}\n1", ["2 1"]), ("1\n\r\n2", ["1 1", "3 2"]),
    ]

    /// Each digit stands for a row of that id.
    @Test(arguments: files)
    func cutsLines(_ file: String, _ rows: [String]) {
        let text = file.map { $0.isNumber ? Self.json(String($0)) : String($0) }.joined()
        for size in [1, 2, 3, 7, 1_000] {
            #expect(ReadEvents(Array(text.utf8).chunks(of: size), .jsonLines).summary == rows)
        }
    }

    @Test(arguments: files)
    func cutsRecords(_ file: String, _ rows: [String]) {
        // The header takes the first digit's place, so that a byte order mark stands before it.
        var isFirst = true
        let text = file.map { character -> String in
            guard character.isNumber else { return String(character) }
            defer { isFirst = false }
            return isFirst ? Self.header : Self.csv(String(character))
        }.joined()
        for size in [1, 2, 3, 7, 1_000] {
            let read = ReadEvents(Array(text.utf8).chunks(of: size), .csv)
            #expect(read.summary == Array(rows.dropFirst()))
        }
    }

    @Test func takesAByteOrderMarkOnlyAtTheStart() {
        let file = ReadEvents("\(Self.json("1"))\n\u{FEFF}\(Self.json("2"))", .jsonLines)
        #expect(file.summary == ["1 1", "2 malformed: the row; expected one JSON object a line"])
        // Two bytes of a mark are none.
        #expect(ReadEvents([0xEF, 0xBB], .jsonLines).rejects.map(\.reason.code) == [.invalidUTF8])
    }

    /// A row of exactly the limit is read and one byte more is refused, whatever ends the line.
    @Test(arguments: ["\n", "\r\n", ""], [1_000, 1 << 18, 1 << 22])
    func holdsTheLimitOfARow(_ lineEnd: String, _ chunk: Int) {
        let limit = EventReader.maximumRowByteCount
        let padding = String(repeating: " ", count: limit - Self.json("1").utf8.count)
        let file = "\(Self.json("1"))\(padding)\(lineEnd)"
        #expect(ReadEvents(Array(file.utf8).chunks(of: chunk), .jsonLines).summary == ["1 1"])
        let longer = " " + file + (lineEnd.isEmpty ? "" : Self.json("2"))
        let read = ReadEvents(Array(longer.utf8).chunks(of: chunk), .jsonLines)
        #expect(
            read.summary == ["1 row_too_long: the row; expected at most 1048576 bytes"]
                + (lineEnd.isEmpty ? [] : ["2 2"]))
        #expect(read.rejects.first?.isCut == true)
        #expect(read.rejects.first?.text.utf8.count == RejectedRow.shownByteCount)
    }

    /// Quotes are obeyed beyond the limit too: text inside a quoted field is never taken for rows.
    @Test func readsATooLongRecordToItsEnd() {
        let lines = String(repeating: Self.csv("inside") + "\n", count: 40_000)
        let file = "\(Self.header)\na,\"\(lines)\",m,2025-02-27T16:30:00Z,1\n\(Self.csv("behind"))\n"
        #expect(
            ReadEvents(Array(file.utf8).chunks(of: 65_536), .csv).summary == [
                "2 row_too_long: the row; expected at most 1048576 bytes", "40003 behind",
            ])
        expectRows(
            "\(String(repeating: "x", count: 1 << 20)),\n\(Self.csv("behind"))\n", .csv,
            ["header 1 row_too_long: the row; expected at most 1048576 bytes"])
    }

    @Test func cutsTheShownTextBetweenCharacters() {
        for length in 2_040...2_056 {
            let row = String(repeating: "x", count: length) + "😀模é"
            let shown = ReadEvents(row, .jsonLines).rejects.first
            #expect(shown?.isCut == (row.utf8.count > 2_048))
            #expect(shown.map { row.hasPrefix($0.text) } == true)
            #expect((shown?.text.utf8.count ?? 0) <= 2_048)
        }
    }

    /// Any way to cut a file into chunks, empty ones among them, gives the same rows.
    @Test func chunksHaveNoInfluence() async throws {
        let rows = [
            "1", "22", "\n", "\r\n", "\u{FEFF}", "\"", "\"\"", "\"a\nb\"", "😀", ",", "{", "}", "\0", "\\", "\\u00",
        ]
        try await withSeed { generator in
            for _ in 0..<300 {
                let isCSV = Bool.random(using: &generator)
                var text = Bool.random(using: &generator) ? "\u{FEFF}" : ""
                if isCSV { text += Self.header + "\n" }
                for _ in 0..<Int.random(in: 0...12, using: &generator) {
                    let piece = rows[Int.random(in: rows.indices, using: &generator)]
                    text += piece.first?.isNumber == true ? (isCSV ? Self.csv(piece) : Self.json(piece)) : piece
                    if Bool.random(using: &generator) { text += "\n" }
                }
                let bytes = Array(text.utf8)
                let format: EventFormat = isCSV ? .csv : .jsonLines
                let whole = ReadEvents(bytes, format)
                for _ in 0..<5 {
                    let chunks = bytes.chunks(upTo: Int.random(in: 1...40, using: &generator), using: &generator)
                    #expect(ReadEvents(chunks, format) == whole, "\(text.debugDescription)")
                }
            }
        }
    }
}
