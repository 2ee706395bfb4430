import Taximeter
import Testing

/// The margin mathematics of DeepSeek's published day (open-infra-index, day 6): revenue as published, 562,027, or of the
/// rounded token counts, 562,100; 5,442 node-hours of 8 GPUs at 2 USD.
@Suite struct MarginTests {
    private func usd(_ text: String) throws -> Money { try Money(text, .usd) }

    private func published(_ revenue: String = "562027") throws -> Margin {
        try Margin(revenue: usd(revenue), cost: usd("87072"))
    }

    @Test(arguments: [
        ("562027", "474955", "0.845075", "5.454739", "0.154925"),
        ("562100", "475028", "0.845095", "5.455577", "0.154905"),
        ("280560", "193488", "0.689649", "2.222161", "0.310351"),  // V3's list
        ("455140", "368068", "0.808692", "4.227168", "0.191308"),  // V3.1's
        ("154616", "67544", "0.436850", "0.775726", "0.563150"),  // V3.2-Exp's
    ])
    func bothMargins(_ revenue: String, _ profit: String, _ gross: String, _ costProfit: String, _ even: String) throws
    {
        let margin = try published(revenue)
        #expect(margin.profit == (try usd(profit)))
        #expect(try margin.gross?.text(places: 6) == gross)
        #expect(try margin.costProfit?.text(places: 6) == costProfit)
        #expect(try margin.breakeven?.text(places: 6) == even)
    }

    /// Without a divisor there is no margin; it is not 0 and not 100 %.
    @Test func marginsThatDoNotExist() throws {
        let free = try Margin(revenue: usd("0"), cost: usd("1"))
        #expect(try free.gross == nil && free.breakeven == nil && free.costProfit?.text(places: 0) == "-1")
        let costless = try Margin(revenue: usd("1"), cost: usd("0"))
        #expect(try costless.costProfit == nil && costless.gross?.text(places: 1) == "1.0")
        let yuan = Money.zero(.cny)
        #expect(throws: MoneyError.currencyMismatch(.usd, .cny)) { try Margin(revenue: usd("1"), cost: yuan) }
    }

    @Test func otherPricesAndRates() throws {
        let day = try published()
        #expect(try day.withRevenue(times: Factor("0.9")).gross?.text(places: 6) == "0.827861")
        let monetised = try day.withRevenue(times: Factor("0.3"))
        #expect(try monetised.revenue == usd("168608.1"))
        #expect(try monetised.gross?.text(places: 6) == "0.483584")
        let gpuHours = try #require(Ratio(43_536, to: 1))
        #expect(try day.withGPUHour(at: usd("2"), gpuHours: gpuHours) == day)
        #expect(try day.withGPUHour(at: usd("3"), gpuHours: gpuHours).gross?.text(places: 6) == "0.767613")
        #expect(try day.breakeven?.text(places: 6) == "0.154925")
        // At the breakeven factor nothing is left.
        #expect(try published("87072").profit == .zero(.usd))
    }

    /// 278 nodes all day.
    @Test func theWholeFleet() throws {
        let fleet = try published().withNodeTime(paid: 278 * 24, served: 5_442)
        #expect(try fleet.cost == usd("106752"))
        #expect(try fleet.cost - usd("87072") == usd("19680"))
        #expect(try fleet.gross?.text(places: 6) == "0.810059")
        #expect(try fleet.costProfit?.text(places: 6) == "4.264791")
        #expect(try Ratio(278 * 24, to: 5_442)?.text(places: 3) == "1.226")
    }

    /// About 96,000 of the day's list income falls into the night window; a quarter of it remains.
    @Test func theNightDiscount() throws {
        let night = try published("562100").withPart(usd("96000"), times: Factor("0.25"))
        #expect(try night.revenue == usd("490100"))
    }

    @Test func hitsInsteadOfMisses() throws {
        let shift = try CacheShift(hitPrice: usd("0.14"), missPrice: usd("0.55"), missCost: usd("0.13777"))
        #expect(try shift.profit == usd("-0.27223"))
        #expect(try shift.neutralHitPrice == usd("0.41223"))
        let margin = try published()
        let after = try margin.with(earned: shift.revenue, saved: shift.cost)
        #expect(try after.profit == margin.profit + shift.profit)
        // Less profit, yet more per cent on cost.
        #expect(try after.costProfit?.text(places: 9) ?? "" > margin.costProfit?.text(places: 9) ?? "~")
    }
}
