/// One figure that somebody else gives for a month or a part of it.
public struct ExpectedFigure: Sendable, Hashable {
    /// What the value counts.
    public enum Kind: String, Sendable, CaseIterable {
        /// Numbers of events and requests.
        case events, requests
        /// Tokens by class, and all input classes together.
        case inputTokens = "input_tokens"
        case cacheHitTokens = "cache_hit_tokens"
        case cacheMissTokens = "cache_miss_tokens"
        case cacheWriteTokens = "cache_write_tokens"
        case cacheWrite1hTokens = "cache_write_1h_tokens"
        case outputTokens = "output_tokens"
        /// Amounts of usage, as the steps of the waterfall have them.
        case theoreticalAmount = "theoretical_amount"
        case listAmount = "list_amount"
        case netAmount = "net_amount"
        /// What serving took and cost, as a supplier's invoice has it.
        case gpuHours = "gpu_hours"
        case gpuCost = "gpu_cost"

        /// Whether it is an amount of a currency.
        public var isMoney: Bool { [.theoreticalAmount, .listAmount, .netAmount, .gpuCost].contains(self) }
        /// Whether it is of GPU pools rather than of usage.
        public var isOfGPUs: Bool { self == .gpuHours || self == .gpuCost }
    }

    /// How far the figure found may be from the value.
    public enum Tolerance: Sendable, Hashable {
        /// As much as this, in units of 10⁻¹⁸ of what is counted.
        case amount(Int128)
        /// As much as this share of the value, in millionths of a per cent.
        case share(Int128)

        /// Not at all.
        public static let none = Tolerance.amount(0)

        /// Reads `1575` or `0.1%`; nil for anything else.
        public init?(_ text: String) {
            let isShare = text.hasSuffix("%")
            let number = isShare ? text.dropLast() : Substring(text)
            guard let units = try? DecimalText.units(number, decimals: isShare ? 6 : Money.decimals), units >= 0 else {
                return nil
            }
            self = isShare ? .share(units) : .amount(units)
        }
    }

    /// What the value counts.
    public let kind: Kind
    /// The value, in units of 10⁻¹⁸; 0 or more.
    public let value: Int128
    /// The first UTC hour; nil for the month's first.
    public let from: Instant?
    /// The first UTC hour that is not meant; nil for the month's end.
    public let until: Instant?
    /// The model, for a figure of usage; nil for all.
    public let model: Identifier?
    /// The pool, for a figure of GPUs; nil for all.
    public let pool: Identifier?
    /// The GPU type, for a figure of GPUs; nil for all.
    public let gpu: Identifier?
    /// The currency of an amount.
    public let currency: Currency?
    /// How far off it may be.
    public let tolerance: Tolerance
    /// Who says so: an invoice's number, a publication.
    public let source: String

    /// The value as a decimal.
    public var valueText: String { DecimalText.text(value, decimals: Money.decimals) }

    /// Whether a figure found, in units of 10⁻¹⁸, is as near as it has to be.
    public func accepts(_ found: Int128) -> Bool { tolerance.accepts(found, for: value) }
}

extension ExpectedFigure.Tolerance {
    /// Whether a figure found is near enough to a value, both in units of 10⁻¹⁸.
    func accepts(_ found: Int128, for value: Int128) -> Bool {
        let (difference, overflow) = found.subtractingReportingOverflow(value)
        if overflow { return false }
        switch self {
        case .amount(let most): return difference.magnitude <= most.magnitude
        case .share(let share):
            // difference ÷ value ≤ share ÷ 10⁸, multiplied out in twice the width, so that nothing is rounded.
            let left = difference.magnitude.multipliedFullWidth(by: 100_000_000)
            let right = value.magnitude.multipliedFullWidth(by: share.magnitude)
            return (left.high, left.low) <= (right.high, right.low)
        }
    }
}
