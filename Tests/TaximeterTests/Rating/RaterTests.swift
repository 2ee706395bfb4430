import Testing

@testable import Taximeter

private let million: Int64 = 1_000_000

@Suite struct RaterTests {
    private static let plain = """
        from: 2025-01-01T00:00:00Z
        until: 2026-01-01T00:00:00Z
        rates: {cache_miss: 1, output: 0}
        schedules: [{name: night, time_zone: UTC, from: "00:00", until: "06:00", factor: 0.25}]
        """

    @Test(arguments: [
        ("m", "2024-12-31T23:59:59.999999Z", "no_version"), ("m", "2025-01-01T00:00:00Z", "0.25"),
        ("m", "2025-12-31T23:59:59.999999Z", "1"), ("m", "2026-01-01T00:00:00Z", "no_version"),
        ("M", "2025-06-01T00:00:00Z", "no_tariff"), ("m", "2025-06-01T05:59:59.999999Z", "0.25"),
        ("m", "2025-06-01T06:00:00Z", "1"),
    ])
    func findsTheVersionToTheMicrosecond(_ model: String, _ at: String, _ result: String) throws {
        let rater = Rater(book: try book(version: Self.plain))
        #expect(try rater.rate(usage(model, at: at, miss: million)).text == result)
    }

    @Test func aPriceOfZeroIsNotAMissingPrice() throws {
        let rater = Rater(book: try book(version: Self.plain))
        #expect(try rater.rate(usage(output: million)).text == "0")
        #expect(try rater.rate(usage(hit: 1)).text == "no_rate_cache_hit")
        #expect(try rater.rate(usage(write: 1, write1h: 1, output: 1)).text == "no_rate_cache_write")
        #expect(try rater.rate(usage()).text == "0")
    }

    @Test func theFirstReasonInOrderIsGiven() throws {
        let banded = """
            from: 2025-01-01T00:00:00Z
            rates: {cache_miss: 1}
            bands: [{name: long, input: {over: 10}, factor: 2}]
            """
        let rater = Rater(book: try book(version: banded))
        var usage = try usage(at: "2024-01-01T00:00:00Z", output: 1, tier: "flex", multipliers: ["x"])
        usage.size = .summed
        var reasons: [String] = []
        reasons.append(try rater.rate(usage).text)
        usage.instant = try instant("2025-01-01T00:00:00Z")
        reasons.append(try rater.rate(usage).text)
        usage.size = .request(totalInput: 0, output: 1)
        reasons.append(try rater.rate(usage).text)
        usage.serviceTier = try Identifier("standard")
        reasons.append(try rater.rate(usage).text)
        usage.multipliers = []
        reasons.append(try rater.rate(usage).text)
        #expect(
            reasons == [
                "no_version", "summed_under_bands", "unknown_service_tier", "unknown_multiplier", "no_rate_output",
            ])
    }

    @Test func summedUsageIsPricedWhereSizeDoesNotMatter() throws {
        var usage = try usage(miss: million)
        usage.size = .summed
        #expect(try Rater(book: book(version: Self.plain)).rate(usage).text == "1")
    }

    @Test func reasonsHaveCodesThatComeBack() {
        #expect(Set(UnpricedReason.allCases.map(\.code)).count == 10)
        for reason in UnpricedReason.allCases { #expect(UnpricedReason(code: reason.code) == reason) }
        #expect(UnpricedReason(code: "") == nil)
    }

    @Test func overflowIsAnError() throws {
        let dear = "from: 2025-01-01T00:00:00Z\nrates: {cache_miss: \"100000000000000000000\"}"
        let rater = Rater(book: try book(version: dear))
        #expect(throws: MoneyError.overflow) { try rater.rate(usage(miss: .max)) }
        #expect(throws: MoneyError.overflow) { try rater.explain(usage(miss: .max)) }
    }

    /// From 2⁶¹ units a token on, sums are checked; up to there five products of any counts fit.
    @Test(
        arguments: [
            ("2305843.009213693951", (1 << 61) - 1), ("2305843.009213693952", 1 << 61), ("4611686.018427387904", nil),
        ] as [(String, Int128?)])
    func largeSumsAreExact(_ price: String, _ units: Int128?) throws {
        let rates = TokenClass.allCases.map { "\($0.name): \"\(price)\"" }.joined(separator: ", ")
        let rater = Rater(book: try book(version: "from: 2025-01-01T00:00:00Z\nrates: {\(rates)}"))
        var usage = try usage()
        usage.tokens = TokenCounts(
            cacheHit: .max, cacheMiss: .max, cacheWrite: .max, cacheWrite1h: .max, output: .max)
        guard let units else {
            #expect(throws: MoneyError.overflow) { try rater.rate(usage) }
            return
        }
        #expect(try rater.rate(usage).amounts?.list.units == 5 * units * Int128(Int64.max))
    }

    /// Theoretical, list, monetised and scheduled: the reference is R1's list, chat at night is cheaper, the web is free.
    private static let waterfall = """
        price_book: demo
        currency: USD
        reference: reasoner
        channels: {web: free, api: listed}
        tariffs:
          - model: reasoner
            versions:
              - from: 2025-01-01T00:00:00Z
                until: 2026-01-01T00:00:00Z
                rates: {cache_miss: 4, output: 16}
                schedules: [{name: night, time_zone: UTC, from: "00:00", until: "06:00", factor: 0.25}]
          - model: chat
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {cache_miss: 2, output: 8, cache_write: 3}
                schedules: [{name: night, time_zone: UTC, from: "00:00", until: "06:00", rates: {cache_miss: 1}}]
        """

    @Test(
        arguments: [
            ("chat", "2025-06-01T12:00:00Z", "api", 0, ["20", "10", "10", "10"]),
            ("chat", "2025-06-01T00:00:00Z", "api", 0, ["20", "10", "10", "9"]),
            ("chat", "2025-06-01T00:00:00Z", "web", 0, ["20", "10", "0", "0"]),
            ("reasoner", "2025-06-01T00:00:00Z", "api", 0, ["20", "20", "20", "5"]),
            // The reference has no rate for cache writes, or no version any more: the own list takes its place.
            ("chat", "2025-06-01T12:00:00Z", "api", 1, ["13", "13", "13", "13"]),
            ("chat", "2026-06-01T12:00:00Z", "api", 0, ["10", "10", "10", "10"]),
        ] as [(String, String, String, Int64, [String])])
    func amountsStepByStep(
        _ model: String, _ at: String, _ channel: String, _ writes: Int64, _ steps: [String]
    ) throws {
        let rater = Rater(book: try PriceBook.parse(Self.waterfall, file: "demo"))
        let usage = try usage(model, at: at, miss: million, write: writes * million, output: million, channel: channel)
        let amounts = try #require(try rater.rate(usage).amounts)
        let found = [amounts.theoretical, amounts.list, amounts.monetised, amounts.scheduled].map(\.decimalText)
        #expect(found == steps)
        #expect(try rater.alone(usage)?.net == amounts.scheduled)
    }

    @Test func explainsEachLine() throws {
        let rater = Rater(book: try PriceBook.parse(Self.waterfall, file: "demo"))
        let night = try rater.explain(usage("chat", at: "2025-06-01T00:00:00Z", miss: million, output: million))
        let rating = try rater.rate(usage("chat", at: "2025-06-01T00:00:00Z", miss: million, output: million))
        guard case .priced(let amounts) = night.rating else { return #expect(Bool(false)) }
        #expect(amounts.request == rating.amounts)
        #expect(night.schedule?.text == "night" && night.band == nil && night.multipliers == [])
        #expect(night.model?.text == "chat")
        #expect(night.lines.map(\.slice.tokenClass) == [.cacheMiss, .output])
        #expect(night.lines[0].slice.listPrice.perMillion == "2" && night.lines[0].unitPrice.perMillion == "1")
        #expect(night.lines[0].list.decimalText == "2" && night.lines[0].scheduleDiscount.decimalText == "1")
        #expect(night.lines[1].scheduleDiscount.units == 0)
        let web = try rater.explain(usage("chat", miss: million, channel: "web"))
        #expect(web.lines[0].channelDiscount.decimalText == "2" && web.lines[0].net.units == 0)
        let nothing = try rater.explain(usage("other", miss: 1))
        #expect(nothing.rating == .unpriced(.noTariff) && nothing.lines.isEmpty)
    }

    /// A band and a schedule together: factors on both multiply; a rate and a factor multiply; two rates need the pair.
    @Test(arguments: [
        ("factor: 2", "factor: 0.5", "", "1"), ("factor: 2", "rates: {cache_miss: 0.3}", "", "0.6"),
        ("rates: {cache_miss: 5}", "factor: 0.5", "", "2.5"),
        ("rates: {cache_miss: 5}", "rates: {cache_miss: 0.3}", ", bands: {long: {cache_miss: 0.7}}", "0.7"),
        ("factor: 2", "factor: 0.5", ", bands: {long: {cache_miss: 0.9}}", "0.9"),
    ])
    func bandAndScheduleCompose(_ band: String, _ schedule: String, _ pair: String, _ total: String) throws {
        let version = """
            from: 2025-01-01T00:00:00Z
            rates: {cache_miss: 1}
            bands: [{name: long, input: {over: 10}, \(band)}]
            schedules: [{name: always, time_zone: UTC, from: "00:00", until: "24:00", \(schedule)\(pair)}]
            """
        #expect(try Rater(book: book(version: version)).rate(usage(miss: million)).text == total)
    }
}
