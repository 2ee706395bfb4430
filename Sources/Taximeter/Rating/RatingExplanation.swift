/// How the price of usage came about: everything needed to compute it again by hand.
public struct RatingExplanation: Sendable, Hashable {
    /// A step of a tier table, by name.
    public struct Tier: Sendable, Hashable {
        /// The table.
        public let table: Identifier
        /// The step, from 1.
        public let step: Int
    }

    /// Tokens of one class that have one price and one fate. The list amount less all discounts is the net amount.
    public struct Line: Sendable, Hashable {
        /// The class, tokens and unit prices.
        public let slice: RatedSlice
        /// The step that prices it, where one does.
        public let tier: Tier?
        /// The allowance that makes it free.
        public let allowance: Identifier?
        /// Tokens times list price.
        public let list: Money
        /// What the channel takes off: all of it, or nothing.
        public let channelDiscount: Money
        /// What the schedule takes off what the channel left; negative where the schedule is dearer.
        public let scheduleDiscount: Money
        /// What volume tiers take off; negative where fees and packages are more than the step saves.
        public let tierDiscount: Money
        /// What the contract takes off.
        public let contractDiscount: Money
        /// What an allowance takes off, less what rounding the quantity up adds.
        public let allowanceDiscount: Money
        /// Flat fees and packages in the net amount.
        public let fee: Money
        /// What is billed: charged tokens times price, and the fee.
        public let net: Money
        /// The price of one token that is billed: 0 where the channel is free.
        public var unitPrice: UnitPrice { slice.isFree ? UnitPrice(unitsPerToken: 0) : slice.chargedPrice }
    }

    /// The result that is explained.
    public let rating: PeriodRating
    /// The model whose tariff prices the usage, when there is one: not the alias that was asked for.
    public let model: Identifier?
    /// The version, when there is one.
    public let version: TariffVersion?
    /// The band of the request.
    public let band: Identifier?
    /// The schedule in force.
    public let schedule: Identifier?
    /// The multipliers that apply, in order of their names.
    public let multipliers: [Identifier]
    /// The classes of which tokens were used, in their order; none where there is no price.
    public let lines: [Line]
}

extension PeriodRater {
    /// Prices one usage as the first of its period, or after others, and tells how: a quote.
    ///
    /// - Parameters:
    ///   - usage: What is asked about.
    ///   - counted: What was counted before in the period.
    ///   - allowancesUsed: What was used of each allowance before.
    /// - Throws: ``MoneyError/overflow`` when an amount does not fit.
    public func explain(
        _ usage: PeriodUsage, counted: PeriodCounts = PeriodCounts(), allowancesUsed: [Int64] = []
    ) throws(MoneyError) -> RatingExplanation {
        let outcome = try rate([usage], counted: counted, allowancesUsed: allowancesUsed, slices: true)
        let meaning = usage.line.meaning(at: usage.instant)
        guard case .priced(let amounts) = outcome[0] else {
            return RatingExplanation(
                rating: outcome[0], model: nil, version: nil, band: nil, schedule: nil, multipliers: [], lines: [])
        }
        let version = usage.line.tables.versions[meaning.plan.number].version
        var lines: [RatingExplanation.Line] = []
        for slice in outcome.slices { lines.append(try line(slice, version)) }
        return RatingExplanation(
            rating: outcome[0], model: rater.book.tariffs[amounts.request.version.tariff].model, version: version,
            band: amounts.request.band.map { version.rules.bands[$0].name },
            schedule: amounts.request.schedule.map { version.rules.schedules[$0].name },
            multipliers: version.rules.multipliers.indices.filter { meaning.multipliers & 1 << $0 != 0 }.map {
                version.rules.multipliers[$0].name
            }, lines: lines)
    }

    /// Prices one usage that has no line yet, and tells how; see ``explain(_:counted:allowancesUsed:)-(PeriodUsage,_,_)``.
    ///
    /// - Throws: ``MoneyError/overflow`` when an amount does not fit.
    public func explain(
        _ usage: RatableUsage, counted: PeriodCounts = PeriodCounts(), allowancesUsed: [Int64] = []
    ) throws(MoneyError) -> RatingExplanation {
        let line = rater.line(of: usage)
        return try explain(
            PeriodUsage(line: line, instant: usage.instant, size: usage.size, tokens: usage.tokens), counted: counted,
            allowancesUsed: allowancesUsed)
    }

    /// A slice of usage that this version prices, step by step.
    func line(_ slice: RatedSlice, _ version: TariffVersion) throws(MoneyError) -> RatingExplanation.Line {
        let currency = rater.book.currency
        let list = try slice.listPrice.amount(tokens: slice.tokens)
        let monetised = slice.isFree ? 0 : list
        let scheduled = slice.isFree ? 0 : try slice.scheduledPrice.amount(tokens: slice.tokens)
        let tiered = slice.isFree ? 0 : try sum(try slice.tieredPrice.amount(tokens: slice.tokens), slice.feeUnits)
        let contracted =
            slice.isFree
            ? 0 : try sum(try slice.contractedPrice.amount(tokens: slice.tokens), slice.contractedFeeUnits)
        let net = try slice.netUnits
        func money(_ units: Int128) -> Money { Money(units: units, currency) }
        return RatingExplanation.Line(
            slice: slice,
            tier: slice.tier.map { .init(table: version.rules.tiers[$0.table].name, step: $0.step + 1) },
            allowance: slice.allowance.map { rater.book.terms.allowances[$0].name }, list: money(list),
            channelDiscount: money(list - monetised), scheduleDiscount: money(monetised - scheduled),
            tierDiscount: money(scheduled - tiered), contractDiscount: money(tiered - contracted),
            allowanceDiscount: money(contracted - net), fee: money(slice.isFree ? 0 : slice.contractedFeeUnits),
            net: money(net))
    }
}
