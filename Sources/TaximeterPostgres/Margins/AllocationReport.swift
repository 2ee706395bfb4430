import PostgresWire
public import Taximeter

/// What the rows of an allocation stand for.
public enum AllocationGrouping: String, Sendable, CaseIterable {
    /// A row a UTC hour.
    case hour
    /// A row a UTC day.
    case day
    /// A row a model.
    case model
    /// A row a channel.
    case channel
    /// A row an account.
    case account
}

/// Usage, revenue, the lines of cost under some policy, and margins: of one hour, day, model, channel or account, or of one
/// of several of these, in one currency. Amounts are exact.
public struct AllocationRow: Sendable, Hashable {
    /// By grouping: the hour (RFC 3339), the day (ISO 8601) or the name; empty for what is nobody's.
    public let groups: [String]
    /// The currency; nil for usage that no price book gives one.
    public let currency: Currency?
    /// Values by ``columns``: whole numbers, decimals in units of the currency, margins to six places; nil where not known.
    public let values: [String?]

    /// The names of ``values``.
    public static let columns =
        MarginSums.counts + ["theoretical_revenue", "list_revenue", "revenue"] + MarginSums.costs
        + ["serving_cost", "cost", "profit", "gross_margin", "cost_profit_margin"]

    /// The value of a column; nil where it is not known, or there is no such column.
    public subscript(column: String) -> String? {
        Self.columns.firstIndex(of: column).flatMap { values[$0] }
    }

    init(groups: [String], currency: Currency?, _ sums: MarginSums) throws(MoneyError) {
        self.groups = groups
        self.currency = currency
        let money = currency ?? .usd
        let amounts = ["theoretical_amount", "list_amount", "net_amount"].map { name in
            MarginSums.amounts.firstIndex(of: name).map { sums.amounts[$0] } ?? 0
        }
        var values: [String?] = sums.counts.indices.map { String(sums.counts[$0]) }
        values += amounts.map { Money(units: $0, money).decimalText }
        if let cost = sums.cost {
            let revenue = Money(units: amounts[2], money)
            var serving = Money.zero(money)
            for tokenClass in TokenClass.allCases { serving = try serving + Money(units: cost[tokenClass], money) }
            let all = try serving + Money(units: cost.idle, money) + Money(units: cost.headroom, money)
            values += cost.units.map { Money(units: $0, money).decimalText }
            values += [
                serving.decimalText, all.decimalText, try (revenue - all).decimalText,
                try revenue.ratio(of: revenue - all),
                try all.ratio(of: revenue - all),
            ]
        } else {
            values += [String?](repeating: nil, count: MarginSums.costs.count + 5)
        }
        self.values = values
    }
}

extension Money {
    /// A part over this amount, to six places, half away from zero; nil where this is not above 0. As the views have it.
    fileprivate func ratio(of part: Money) throws(MoneyError) -> String? {
        if units <= 0 { return nil }
        let millionths = try Money(units: 1_000_000, currency).share(part.units, of: units, rounding: .halfAwayFromZero)
        return try (millionths * 1_000_000_000_000).decimalText
    }
}
