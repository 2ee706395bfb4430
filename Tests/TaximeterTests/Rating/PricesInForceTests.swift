import Testing

@testable import Taximeter

/// The prices that are shown are those that are billed.
@Suite struct PricesInForceTests {
    private static let version = """
        from: 2026-01-01T00:00:00Z
        channels: {channel-0: free, api: free}
        rates: {cache_hit: {times_cache_miss: 0.1}, cache_miss: 3, output: 15}
        bands:
          - {name: long, input: {over: 200000}, rates: {cache_hit: 0.6, cache_miss: 6, output: 22.5}}
          - {name: talk, output: {from: 1000}, factors: {output: 2}}
          - {name: both, input: {over: 200000}, output: {from: 1000}, rates: {cache_hit: 1, cache_miss: 7, output: 30}}
        schedules: [{name: night, time_zone: UTC, from: "22:00", until: "06:00", factor: 0.5}]
        multipliers: {batch: 0.5}
        """

    private func lines(_ at: String) throws -> [String] {
        let rater = Rater(book: try book(version: Self.version, header: "rating_instant: started_at"))
        return rater.prices(at: try given(Instant(rfc3339: at))).flatMap { price in
            price.bands.map { row in
                let rates = TokenClass.allCases.map { row.rates[$0]?.perMillion ?? "-" }
                return ([price.schedule?.name.text ?? "-", row.band?.name.text ?? "-"] + rates).joined(separator: " ")
            }
        }
    }

    @Test func everyBandUnderTheSchedule() throws {
        #expect(
            try lines("2026-02-01T12:00:00Z") == [
                "- - 0.3 3 - - 15", "- talk 0.3 3 - - 30", "- long 0.6 6 - - 22.5", "- both 1 7 - - 30",
            ])
        #expect(
            try lines("2026-02-01T23:00:00Z") == [
                "night - 0.15 1.5 - - 7.5", "night talk 0.15 1.5 - - 15", "night long 0.3 3 - - 11.25",
                "night both 0.5 3.5 - - 15",
            ])
        #expect(try lines("2025-12-31T23:59:59.999999Z") == [])
    }

    @Test func namesMeanTariffs() throws {
        let book = try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd")
        func model(_ name: String, _ at: String) throws -> String? {
            book.tariff(named: try Identifier(name), at: try given(Instant(rfc3339: at)))?.model.text
        }
        #expect(try model("deepseek-v4-flash", "2026-09-10T03:59:59.999999Z") == "deepseek-v4-flash")
        #expect(try model("deepseek-v4-flash", "2026-09-10T04:00:00Z") == "deepseek-flash")
        #expect(try model("deepseek-chat", "2026-05-01T00:00:00Z") == "deepseek-v4-flash")
        #expect(try model("gpt", "2026-05-01T00:00:00Z") == nil)
    }
}
