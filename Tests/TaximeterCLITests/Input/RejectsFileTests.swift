import Foundation
import Testing

@testable import TaximeterCLI

/// A line for every row that was refused, whatever the row holds; no file where none was.
@Suite struct RejectsFileTests {
    private static func withPath(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "taximeter-rejects-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        try body(path.path)
    }

    @Test func isMadeByTheFirstRow() throws {
        try Self.withPath { path in
            let rejects = RejectsFile(path: path)
            #expect(!FileManager.default.fileExists(atPath: path))
            try rejects.write(file: "a/b.csv", line: 2, reason: "why", row: "x,\"y\"\n\u{0}\u{2028}é")
            try rejects.write(file: "a/b.csv", line: 9, reason: "why", row: "")
            #expect(rejects.count == 2)
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.last == #"{"file":"a/b.csv","line":9,"reason":"why","row":""}"#)
            let entry = try JSONSerialization.jsonObject(with: Data((lines.first ?? "").utf8)) as? [String: Any]
            #expect(entry?["row"] as? String == "x,\"y\"\n\u{0}\u{2028}é")
            #expect(entry?["line"] as? Int == 2)
        }
    }

    /// The rejects of the last run are not taken for those of this one.
    @Test func replacesTheLastOne() throws {
        try Self.withPath { path in
            try RejectsFile(path: path).write(
                file: "old", line: 1, reason: "r", row: String(repeating: "x", count: 999))
            try RejectsFile(path: path).write(file: "new", line: 1, reason: "r", row: "y")
            #expect(
                try String(contentsOfFile: path, encoding: .utf8)
                    == "{\"file\":\"new\",\"line\":1,\"reason\":\"r\",\"row\":\"y\"}\n")
        }
    }

    @Test func tellsWhenItCannotBeWritten() {
        let rejects = RejectsFile(path: "/nowhere/rejects.jsonl")
        let error = #expect(throws: InputError.self) { try rejects.write(file: "f", line: 1, reason: "r", row: "x") }
        #expect(error?.description.hasPrefix("/nowhere/rejects.jsonl: the rejected rows cannot be written: ") == true)
        #expect(rejects.count == 0)
    }
}
