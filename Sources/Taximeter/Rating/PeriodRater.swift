/// Prices all usage of an account in a billing period: what each request decides by itself, and on top of it volume
/// tiers, the contract discount, allowances and least quantities.
///
/// Tokens are counted in one order, whatever the order in which they come: UTC hour, model, channel, service tier and
/// multipliers (names bytewise), then the tariff by its model's name, version, schedule and band in the order of the
/// book, then class. So it is the book's own rules that order usage; cutting it finer, as another book's windows do,
/// never changes a sum.
public struct PeriodRater: Sendable {
    /// Prices what a request decides by itself.
    public let rater: Rater

    /// For each of the first allowances of the book's terms, what a token beyond it costs, as a factor on its contracted
    /// price; nil leaves that.
    let overages: [Factor?]
    /// Whether usage costs nothing. What it would have cost is told all the same.
    let isUnlimited: Bool

    /// A rater of periods by the book of a rater, and by its terms.
    public init(_ rater: Rater) { self.init(rater, overages: [], isUnlimited: false) }

    init(_ rater: Rater, overages: [Factor?], isUnlimited: Bool) {
        self.rater = rater
        self.overages = overages
        self.isUnlimited = isUnlimited
    }

    /// What rating a period came to.
    public struct Outcome: Sendable {
        /// Amounts and reasons by usage; one of both is nil.
        var amounts: [PeriodAmounts?] = []
        var reasons: [UnpricedReason?] = []
        /// What was used of each allowance of the terms.
        public internal(set) var allowancesUsed: [Int64] = []
        /// How each amount came about, in the order in which tokens are counted; empty unless asked for.
        public internal(set) var slices: [RatedSlice] = []
        /// Where each counter of the book ended: what further usage of the same period begins with.
        public internal(set) var counted = PeriodCounts()

        /// What a usage came to, by its place in what was given.
        public subscript(index: Int) -> PeriodRating {
            if let amounts = amounts[index] { return .priced(amounts) }
            return .unpriced(reasons[index] ?? .noTariff)
        }
    }

    /// Prices usage.
    ///
    /// - Parameters:
    ///   - usages: All usage of the account in the period, in any order, with lines of ``rater``.
    ///   - counted: What was counted before, when this is the rest of a period.
    ///   - allowancesUsed: What was used of each allowance before; none when empty.
    ///   - slices: Whether to tell how each amount came about.
    /// - Throws: ``MoneyError/overflow`` when an amount or a count does not fit.
    public func rate(
        _ usages: [PeriodUsage], counted: PeriodCounts = PeriodCounts(), allowancesUsed: [Int64] = [],
        slices: Bool = false
    ) throws(MoneyError) -> Outcome {
        var run = PeriodRun(self, usages, keepsSlices: slices, counted: counted)
        try run.rateRequests()
        if rater.counters.hasVolumeMode { try run.total() }
        try run.tier()
        try run.applyTerms(used: allowancesUsed)
        return run.outcome
    }
}

/// What the counters of a book have counted in a period.
public struct PeriodCounts: Sendable, Hashable {
    var tokens: [Int64] = []
    /// What was paid over each counter; nil where that has to be told from the count.
    var fees: [CounterFees?] = []

    /// Nothing was counted.
    public init() {}

    /// The same count on every counter of a rater's book: for a quote to somebody who has used so much.
    public init(_ tokens: Int64, on rater: Rater) {
        self.tokens = Array(repeating: tokens, count: rater.counters.count)
        fees = Array(repeating: tokens == 0 ? CounterFees() : nil, count: rater.counters.count)
    }
}
