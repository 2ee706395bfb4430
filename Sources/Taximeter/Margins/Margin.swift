/// Revenue against cost, with the two margins that are never to be confused.
public struct Margin: Sendable, Hashable {
    /// What was earned.
    public let revenue: Money
    /// What it cost.
    public let cost: Money
    /// Revenue − cost.
    public let profit: Money

    /// The margin of revenue on cost.
    ///
    /// - Throws: ``MoneyError/currencyMismatch(_:_:)`` or ``MoneyError/overflow``.
    public init(revenue: Money, cost: Money) throws(MoneyError) {
        self.revenue = revenue
        self.cost = cost
        profit = try revenue - cost
    }

    /// (revenue − cost) ÷ revenue; nil without revenue.
    public var gross: Ratio? { Ratio(profit.units, to: revenue.units) }
    /// (revenue − cost) ÷ cost; nil without cost.
    public var costProfit: Ratio? { Ratio(profit.units, to: cost.units) }
    /// Cost ÷ revenue: times this factor, the prices just pay the cost. For the same reason it is the share of the time
    /// paid for in which the nodes have to serve as they did; nil without revenue.
    public var breakeven: Ratio? { Ratio(cost.units, to: revenue.units) }

    /// The margin at other prices, or with a part of the usage monetised: revenue × the factor, to 18 decimals.
    public func withRevenue(times factor: Factor) throws(MoneyError) -> Margin {
        try Margin(revenue: factor.applied(to: revenue, rounding: .halfAwayFromZero), cost: cost)
    }

    /// The margin where a part of the revenue is discounted: that part times the factor, as in an off-peak window.
    ///
    /// - Parameters:
    ///   - part: The part of ``revenue`` that the discount applies to.
    ///   - factor: What remains of it: 0.25 for 75 % off.
    public func withPart(_ part: Money, times factor: Factor) throws(MoneyError) -> Margin {
        let remaining = try factor.applied(to: part, rounding: .halfAwayFromZero)
        return try Margin(revenue: revenue - part + remaining, cost: cost)
    }

    /// The margin with so many GPU-hours at another rate.
    ///
    /// - Parameters:
    ///   - rate: The price of a GPU-hour.
    ///   - gpuHours: The GPU-hours behind ``cost``.
    public func withGPUHour(at rate: Money, gpuHours: Ratio) throws(MoneyError) -> Margin {
        try Margin(
            revenue: revenue,
            cost: rate.share(gpuHours.numerator, of: gpuHours.denominator, rounding: .halfAwayFromZero))
    }

    /// The margin where other node-time is paid for than ``cost`` stands for: cost × paid ÷ served.
    ///
    /// The peak's nodes all day are paid : served = peak × hours : node-hours; serving for 80 % of the time is 1 : 0.8.
    public func withNodeTime(paid: Int128, served: Int128) throws(MoneyError) -> Margin {
        try Margin(revenue: revenue, cost: cost.share(paid, of: served, rounding: .halfAwayFromZero))
    }

    /// The margin with tokens of one class turned into another: each earns and costs the other's amount.
    ///
    /// - Parameters:
    ///   - earned: Revenue gained; negative where a hit earns less than the miss it replaces.
    ///   - saved: Cost no longer needed.
    public func with(earned: Money, saved: Money) throws(MoneyError) -> Margin {
        try Margin(revenue: revenue + earned, cost: cost - saved)
    }
}
