import Testing

@testable import Taximeter

@Suite struct CutsTests {
    /// The published day lies between two nights; the price of V3 and R1 changes at the same instants.
    @Test func ofThePublishedDay() throws {
        let book = try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd")
        let day = try instant("2025-02-27T12:00:00+08:00")..<(try instant("2025-02-28T12:00:00+08:00"))
        #expect(book.cuts(in: day).map(\.description) == ["2025-02-27T16:30:00Z"] + ["2025-02-28T00:30:00Z"])
    }

    @Test func areStrictlyInsideAndUnique() throws {
        let book = try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd")
        let (from, until) = (try instant("2025-02-26T16:30:00Z"), try instant("2025-02-27T16:30:00Z"))
        #expect(book.cuts(in: from..<until) == [try instant("2025-02-27T00:30:00Z")])
        #expect(book.cuts(in: from..<from) == [])
        // The edges of versions and aliases, of a time without schedules.
        let autumn = try instant("2025-09-05T00:31:00Z")..<(try instant("2026-08-16T16:00:00Z"))
        #expect(
            book.cuts(in: autumn).map(\.description) == [
                "2025-09-05T16:00:00Z", "2025-09-29T00:00:00Z", "2026-04-24T00:00:00Z", "2026-04-26T12:15:00Z",
                "2026-07-24T15:59:00Z",
            ])
    }

    @Test func ofSizes() throws {
        let bands = """
            from: 2025-01-01T00:00:00Z
            rates: {output: 1}
            bands:
              - {name: a, input: {over: 200000}, factor: 2}
              - {name: b, input: {from: 300000}, output: {over: 200}, factor: 3}
            """
        let cuts = try book(version: bands).sizeCuts
        #expect(cuts.input == [0, 200_001, 300_000] && cuts.output == [0, 201])
        #expect(cuts.input == [0, 200_001, 300_000] && cuts.output == [0, 201])
        // No size decides, but whether a request uses a class without a rate does: all but output, bits 0 to 3.
        #expect(
            try book(version: "from: 2025-01-01T00:00:00Z\nrates: {output: 1}").sizeCuts
                == SizeCuts(unratedClasses: 0b01111))
        #expect(cuts.union(SizeCuts(input: [5])).input == [0, 5, 200_001, 300_000])
    }
}
