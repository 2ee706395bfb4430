public import Taximeter

/// What the rows of a simulation stand for.
public enum SimulationGrouping: String, Sendable, Hashable, CaseIterable {
    /// A row a model, by the name that requests gave it.
    case model
    /// A row an account.
    case account
    /// A row a UTC hour.
    case hour
    /// A row a UTC day.
    case day
}

/// What some usage comes to under one price book.
public struct SimulatedUsage: Sendable, Hashable {
    /// Events in it, with a price or without.
    public internal(set) var events: Int64 = 0
    /// What is billed for those with a price, before invoice lines are rounded; nil where no price book is loaded.
    public internal(set) var revenue: Money?
    /// Events without a price, by the code of the reason: of ``UnpricedReason``, or `no_price_book`.
    public internal(set) var unpriced: [String: Int64] = [:]

    /// Events without a price.
    public var unpricedEvents: Int64 { unpriced.values.reduce(0, +) }

    init(_ currency: Currency?) { revenue = currency.map(Money.zero) }
}

/// The same usage under the prices of today and under the book that is tried out.
public struct SimulationRow: Sendable, Hashable {
    /// The model, the account, the hour (RFC 3339) or the day (ISO 8601); `total` for the total.
    public let key: String
    /// As the store's prices charge it.
    public let current: SimulatedUsage
    /// As the book would.
    public let simulated: SimulatedUsage
    /// ``simulated`` less ``current``; nil where the currencies differ, because lists in two currencies are not converted.
    public let difference: Money?

    init(key: String, current: SimulatedUsage, simulated: SimulatedUsage) throws(MoneyError) {
        self.key = key
        self.current = current
        self.simulated = simulated
        if let before = current.revenue, let after = simulated.revenue, before.currency == after.currency {
            difference = try after - before
        } else {
            difference = nil
        }
    }
}

/// What stored usage would come to under another price book, next to what it comes to now.
public struct SimulationReport: Sendable, Hashable {
    /// All usage of the range.
    public let total: SimulationRow
    /// The rows of each grouping that was asked for, in order of their keys; none where there is no usage.
    public let rows: [SimulationGrouping: [SimulationRow]]
    /// Whether a run of the jobs has work to do in the billing periods of the range: until it is done, the charges are not
    /// yet what ``SimulationRow/current`` says.
    public let hasPendingWork: Bool
}
