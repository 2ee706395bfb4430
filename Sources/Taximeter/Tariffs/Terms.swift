/// What holds for an account and a billing period whatever the model: a contract's discount, free tokens, least
/// quantities. A price book carries the terms of whoever buys by its list.
public struct Terms: Sendable, Hashable {
    /// Factors on what volume tiers leave, by class; nil leaves a class as it is.
    public let discount: PerClass<Factor?>
    /// Free tokens, in the order in which they are taken.
    public let allowances: [Allowance]
    /// How a line's quantity is rounded up.
    public let quantities: QuantityRule
    /// How an invoice line becomes whole minor units.
    public let rounding: RoundingRule

    /// Nothing beyond the price list; lines are rounded half away from zero.
    public static let none = Terms(
        discount: .all(nil), allowances: [], quantities: .everyToken, rounding: .halfAwayFromZero)

    /// Whether quantities leave the charge of a bucket to its own tokens and price.
    var changesQuantities: Bool { !allowances.isEmpty || quantities != .everyToken }

    /// What is still used of each allowance when the next period begins.
    public func carriedOver(_ used: [Int64]) -> [Int64] {
        zip(allowances, used).map { $0.span == .lifetime ? $1 : 0 }
    }
}

/// Tokens that cost nothing. Only tokens with a price use an allowance up: what is free anyway leaves it alone.
public struct Allowance: Sendable, Hashable {
    /// How long an allowance lasts.
    public enum Span: String, Sendable, Hashable, CaseIterable {
        /// Anew in each billing period.
        case period
        /// Once for an account, for ever.
        case lifetime
    }

    /// Which tokens it is used for.
    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// The first ones of the period.
        case inOrder = "in_order"
        /// The dearest ones of the period; among equals the first. What Scaleway does.
        case dearestFirst = "dearest_first"
    }

    /// Its name, unique in its terms.
    public let name: Identifier
    /// How many tokens.
    public let tokens: Int64
    /// How long it lasts.
    public let span: Span
    /// Which tokens it is used for.
    public let order: Order
    /// The models it is for, by the names of their tariffs; empty for all.
    public let models: [Identifier]
    /// The classes it is for.
    public let classes: PerClass<Bool>
}

/// The least quantity of a line and the steps above it: Scaleway counts thousands of tokens, each one that is started.
///
/// A line is the usage of one class in a billing period at one price: one version, band, schedule, tier step and set of
/// multipliers.
public struct QuantityRule: Sendable, Hashable {
    /// The least tokens of a line that has any; 0 for no least quantity.
    public let minimum: Int64
    /// Tokens are counted in whole steps of so many; 1 for every token.
    public let step: Int64

    /// Quantities as they are.
    public static let everyToken = QuantityRule(minimum: 0, step: 1)

    /// The quantity that is charged for a line of so many tokens.
    ///
    /// - Throws: ``MoneyError/overflow``.
    public func charged(_ tokens: Int64) throws(MoneyError) -> Int64 {
        if tokens == 0 { return 0 }
        let quotient = (tokens - 1) / step
        let (product, overflow) = (quotient + 1).multipliedReportingOverflow(by: step)
        if overflow { throw .overflow }
        return max(product, minimum)
    }
}
