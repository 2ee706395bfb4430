import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter sensitivity`: the margin of stored usage, had one thing been different.
struct SensitivityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sensitivity",
        abstract: "The margin at other prices, price lists, GPU prices, shares and utilisations.",
        discussion: """
            Each row changes one thing and leaves the rest as it was metered. Under another price book the usage is rated \
            anew, exactly, as taximeter simulate does. See docs/capacity.md.
            """)

    enum Revenue: String, ExpressibleByArgument, CaseIterable { case net, theoretical }

    @OptionGroup var range: MeteredRange
    @Option(help: "Which revenue: what the accounts owe, or everything at the reference model's list price.")
    var revenue: Revenue = .net
    @Option(parsing: .upToNextOption, help: "All prices times this factor: 0.9 is 10 % less.")
    var price: [DecimalArgument] = []
    @Option(parsing: .upToNextOption, help: "A GPU-hour at this price, in the cost's currency.")
    var gpuPrice: [DecimalArgument] = []
    @Option(parsing: .upToNextOption, help: "Only this part of the revenue, such as 0.3.")
    var monetised: [DecimalArgument] = []
    @Option(parsing: .upToNextOption, help: "Nodes serve for this part of the time paid for: above 0, at most 1.")
    var utilisation: [DecimalArgument] = []
    @OptionGroup var offPeak: OffPeakOptions
    @OptionGroup var lists: PriceListOptions
    @OptionGroup var cache: CacheOptions
    @Option(help: "A flat fee, in the cost's currency: how many output tokens it pays for.")
    var flatFee: DecimalArgument?
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if !utilisation.allSatisfy({ $0.units > 0 && $0.units <= DecimalArgument.one }) {
            throw ValidationError("--utilisation must be above 0 and at most 1")
        }
        if !monetised.allSatisfy({ $0.units <= DecimalArgument.one }) {
            throw ValidationError("--monetised must be at most 1")
        }
    }

    private var column: String { revenue == .net ? "revenue" : "theoretical_revenue" }

    func run() throws {
        let store = try database.store()
        let totals = try store.marginSummary(from: range.from.instant, until: range.to.instant)
        let stored = try Stored(
            hourly: offPeak.offPeak.isEmpty
                ? [] : store.margins(from: range.from.instant, until: range.to.instant, by: .hour),
            lists: lists.read(store), store: store)
        let results = try totals.compactMap { try result($0, stored) }
        for (name, book) in stored.lists where !results.contains(where: { $0.currency == book.currency.code }) {
            throw ValidationError("\(name) is in \(book.currency), in which there is no cost to compare with")
        }
        switch range.format {
        case .table: print(SensitivityText.table(results), terminator: "")
        case .json: print(try JSONText.of(results))
        }
    }

    /// What is read once for all currencies.
    private struct Stored {
        let hourly: [MarginRow]
        let lists: [(name: String, book: PriceBook)]
        let store: Store
    }

    /// One currency's rows; nil where the usage has no price or its cost is unknown.
    private func result(_ total: MarginSummary, _ stored: Stored) throws -> SensitivityResult? {
        guard let currency = total["currency"].flatMap({ Currency(code: $0) }), let cost = try total.units("cost"),
            let earned = try total.units(column)
        else { return nil }
        let base = try Margin(revenue: Money(units: earned, currency), cost: Money(units: cost, currency))
        // Without headroom, which stands for no node-time that served.
        let servingUnits = try (total.units("serving_cost") ?? 0) + (total.units("idle_cost") ?? 0)
        let serving = try Margin(revenue: base.revenue, cost: Money(units: servingUnits, currency))
        let output = total.tokens("output_tokens")
        var result = SensitivityResult(currency: currency.code)
        try result.append("as metered", base)
        for price in price { try result.append("prices × \(price)", base.withRevenue(times: price.factor)) }
        for (name, margin) in try offPeak.margins(base, column, stored.hourly) { try result.append(name, margin) }
        for (name, margin) in try lists.margins(range, at: base.cost, stored.lists, stored.store) {
            try result.append(name, margin)
        }
        for rate in gpuPrice {
            guard servingUnits > 0,
                let hours = try total.units("gpu_hours").flatMap({ Ratio($0, to: DecimalArgument.one) })
            else { continue }
            // Headroom costs as much more or less as what served.
            let other = try serving.withGPUHour(at: Money(units: rate.units, currency), gpuHours: hours)
            try result.append(
                "GPU-hour at \(rate)", base.withNodeTime(paid: other.cost.units, served: servingUnits))
        }
        for part in monetised { try result.append("\(part) of the revenue", base.withRevenue(times: part.factor)) }
        for part in utilisation {
            try result.append(
                "utilisation \(part)", serving.withNodeTime(paid: DecimalArgument.one, served: part.units))
        }
        if let units = try total.units("cost_at_peak_nodes") {
            let fleet = try Margin(revenue: base.revenue, cost: Money(units: units, currency))
            try result.append("peak nodes all the time", fleet)
            result.headroomCost = try (fleet.cost - serving.cost).decimalText
        }
        let input =
            revenue == .net && cache.hitRate != nil
            ? try stored.store.inputAmounts(from: range.from.instant, until: range.to.instant, currency: currency) : nil
        if let (name, margin) = try cache.shifted(base, total, input) { try result.append(name, margin) }
        result.breakevenFactor = try base.breakeven?.text(places: 6)
        if output > 0 {
            result.breakevenPerMillionOutput = try TokenEconomics.costPerMillion(base.cost, tokens: output)
                .rounded(.halfAwayFromZero, decimals: 6).decimalText
        }
        if let flatFee, cost > 0, earned > 0 {
            let fee = Money(units: flatFee.units, currency)
            result.flatFeeTokensAtCost = String(
                try TokenEconomics.tokens(paidBy: fee, cost: base.cost, tokens: output))
            result.flatFeeTokensAtRevenue = String(
                try TokenEconomics.tokens(paidBy: fee, cost: base.revenue, tokens: output))
        }
        return result
    }
}
