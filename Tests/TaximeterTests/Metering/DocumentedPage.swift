import Foundation
import TestKit
import Testing

/// A page of `docs/`, taken apart: what it shows is what the tests run.
struct DocumentedPage {
    /// The fenced blocks by what stands behind the fence: `json`, `csv mapped`.
    private(set) var blocks: [String: [String]] = [:]
    /// The rows of all tables, as cells, without backquotes.
    private(set) var tableRows: [[String]] = []

    init(_ name: String) throws {
        let path = Fixtures.packageRoot.appending(path: "docs/\(name)")
        var open: (kind: String, lines: [Substring])?
        for line in try String(contentsOf: path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks[block.kind, default: []].append(block.lines.joined(separator: "\n") + "\n")
                    open = nil
                } else {
                    open = (String(line.dropFirst(3)), [])
                }
            } else if open != nil {
                open?.lines.append(line)
            } else if line.hasPrefix("| ") {
                tableRows.append(
                    line.split(separator: "|").map { $0.replacing("`", with: "").trimmingCharacters(in: .whitespaces) })
            }
        }
        #expect(open == nil, "a block that is not closed")
    }

    /// The one block of a kind.
    func block(_ kind: String) throws -> String {
        #expect(blocks[kind]?.count == 1)
        return try #require(blocks[kind]?.first)
    }
}
