public import Taximeter

/// What a run of the jobs did.
public struct RunSummary: Sendable, Hashable {
    /// UTC hours whose events were summed again.
    public let hours: Int
    /// What rating did.
    public let rating: RatingSummary
    /// UTC days whose margins were computed again.
    public let marginDays: Int
}

/// How far a run has come.
public struct RunProgress: Sendable, Hashable {
    /// The stages of a run.
    public enum Stage: String, Sendable {
        /// Summing events into buckets, by hours.
        case rollUp = "rolling up"
        /// Rating buckets into charges, by account periods.
        case rating
        /// Allocating cost to usage, by days.
        case margins
        /// Making invoices, by accounts.
        case billing
    }

    /// The stage.
    public let stage: Stage
    /// Hours, account periods or days that are done.
    public let done: Int
    /// Of how many.
    public let total: Int
}

extension Store {
    /// Rolls events up into buckets, rates them into charges and sets them against cost, wherever something has changed
    /// since the last run.
    ///
    /// Afterwards the gauge `taximeter_unpriced_events` (swift-metrics) says what has no price, by reason.
    ///
    /// It can be killed at any instant and run again, also by several processes at once: charges and margins
    /// end up the same.
    ///
    /// Afterwards credits expire whose time is over, and the outbox is told of limits and balances that were crossed.
    ///
    /// - Parameters:
    ///   - now: By when credits expire; nil for the present.
    ///   - progress: Called on this thread as the work goes on.
    /// - Throws: `PostgresError` from the server; what was done until then stands, and the next run does the rest.
    @discardableResult
    public func run(at now: Instant? = nil, progress: (RunProgress) -> Void = { _ in }) throws -> RunSummary {
        var hours = 0
        while true {
            let prices = try PriceSnapshot.read(self)
            do {
                hours += try RollUp(store: self, prices: prices).run {
                    progress(RunProgress(stage: .rollUp, done: $0, total: $1))
                }
                let rating = try RatingJob(store: self, prices: prices).run {
                    progress(RunProgress(stage: .rating, done: $0, total: $1))
                }
                try UnpricedMetric.record(self)
                try settleCredits(at: now ?? SystemClock.now)
                let marginDays = try MarginJob(store: self).run {
                    progress(RunProgress(stage: .margins, done: $0, total: $1))
                }
                return RunSummary(hours: hours, rating: rating, marginDays: marginDays)
            } catch is PricesChanged {
                continue
            }
        }
    }
}
