/// What an invoice may come to without somebody looking at it first.
public struct SafetyBounds: Sendable, Hashable {
    /// The most, in whole units of the currency, either way.
    public var most: Int64
    /// How many times the mean of the account's last invoices.
    public var timesTrailingMean: Int64
    /// Up to how many units of the currency the mean is not looked at.
    public var floor: Int64

    /// Bounds; by default a billion, and beyond a thousand a hundred times the mean.
    public init(most: Int64 = 1_000_000_000, timesTrailingMean: Int64 = 100, floor: Int64 = 1_000) {
        self.most = most
        self.timesTrailingMean = timesTrailingMean
        self.floor = floor
    }

    /// What is wrong with a total; nil when it may pass.
    ///
    /// - Parameter trailing: The totals of the account's last invoices, some three; none for a new account.
    /// - Throws: ``MoneyError``.
    public func violation(_ total: Money, trailing: [Money]) throws(MoneyError) -> ParkReason? {
        let unit = Money(units: Money.unit(decimals: 0), total.currency)
        let (most, floor) = (try unit * most, try unit * floor)
        let size = total.units.magnitude
        if size > most.units.magnitude { return ParkReason(.exceedsBound, "\(total); the bound is \(most)") }
        if trailing.isEmpty || size <= floor.units.magnitude { return nil }
        var sum = Money.zero(total.currency)
        for amount in trailing { sum = try sum + amount }
        let mean = try sum.divided(by: Int128(trailing.count), rounding: .halfAwayFromZero)
        let (limit, overflow) = mean.units.magnitude.multipliedReportingOverflow(
            by: UInt128(timesTrailingMean.magnitude))
        if overflow || size <= limit { return nil }
        let shown = try mean.rounded(.halfAwayFromZero)
        return ParkReason(
            .exceedsTrailingMean,
            "\(total); \(timesTrailingMean) times the mean of the last \(trailing.count) invoices, \(shown), is less")
    }
}

/// Why a period is not billed until somebody has looked at it; the others go on.
public struct ParkReason: Sendable, Hashable, CustomStringConvertible {
    /// The kind of reason, as it is stored.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Some of its usage has no price.
        case unpricedUsage = "unpriced_usage"
        /// The account has a plan that says nothing for some of the time.
        case noPlanVersion = "no_plan_version"
        /// Its lines are of different currencies.
        case currencyMismatch = "currency_mismatch"
        /// Amounts do not fit in 128 bits.
        case amountTooLarge = "amount_too_large"
        /// More than the most that any invoice may come to.
        case exceedsBound = "exceeds_bound"
        /// Far more than the account's invoices before.
        case exceedsTrailingMean = "exceeds_trailing_mean"

        /// Whether somebody can let it through.
        public var canBeAccepted: Bool { self == .exceedsBound || self == .exceedsTrailingMean }
    }

    /// The kind of reason.
    public let code: Code
    /// What was found.
    public let detail: String

    /// A reason.
    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// `unpriced_usage: 12 events`.
    public var description: String { "\(code.rawValue): \(detail)" }

    /// What an arithmetic error means for a bill.
    public init(_ error: MoneyError) {
        if case .currencyMismatch = error {
            self.init(.currencyMismatch, "\(error)")
        } else {
            self.init(.amountTooLarge, "\(error)")
        }
    }
}
