import Testing

@testable import Taximeter

/// The cache of lines: what is asked for again is not resolved again, and any number of names takes only so much memory.
@Suite struct RatingLinesTests {
    @Test func namesWithoutEndAreNotKept() throws {
        let rater = Rater(book: try book(version: "from: 2025-01-01T00:00:00Z\nrates: {output: 1}"))
        var lines = RatingLines(rater)
        let first = lines.line(of: try usage(channel: "first"))
        #expect(lines.line(of: try usage(channel: "second")) !== first)
        #expect(lines.line(of: try usage(channel: "first")) === first)
        for index in 0...RatingLines.limit {
            let line = lines.line(of: try usage(channel: "channel-\(index)"))
            if line.channel.text != "channel-\(index)" { Issue.record("\(index): \(line.channel)") }
        }
        #expect(1...RatingLines.limit ~= lines.count)
        #expect(lines.line(of: try usage(channel: "first")).channel == first.channel)
    }
}
