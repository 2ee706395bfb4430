/// A line of an invoice, as far as credits care.
public struct PayableLine: Sendable, Hashable {
    /// The model and channel of usage; nil for whatever is not of one.
    public let usage: Usage?
    /// Whether it is usage, or takes off usage as a maximum does; not a fee or a tax.
    public let isUsage: Bool
    /// The period whose usage or fee it is.
    public let period: BillingPeriod
    /// The rounded amount; negative for what is taken off.
    public let amount: Money

    /// What was used.
    public struct Usage: Sendable, Hashable {
        /// The tariff, by its model's name.
        public let model: Identifier
        /// The channel.
        public let channel: Identifier

        /// Usage of a model through a channel.
        public init(model: Identifier, channel: Identifier) {
            self.model = model
            self.channel = channel
        }
    }

    /// A line; of usage when it says so, or names some.
    public init(usage: Usage? = nil, isUsage: Bool = false, period: BillingPeriod, amount: Money) {
        self.usage = usage
        self.isUsage = isUsage || usage != nil
        self.period = period
        self.amount = amount
    }

    /// A line of an invoice.
    public init(_ line: InvoiceLine) {
        let usage = line.usage.map { Usage(model: $0.model, channel: $0.channel) }
        self.init(usage: usage, isUsage: line.kind == .maximum, period: line.period, amount: line.amount)
    }

    /// What is to be paid of each line once all that is taken off has been: the lines' sum, or nothing where that is
    /// negative.
    ///
    /// What is taken off reduces usage of the same model and channel first, then lines of its kind, then any; the last
    /// ones first.
    static func payable(_ lines: [PayableLine]) throws(MoneyError) -> [Int128] {
        var payable = lines.map { max($0.amount.units, 0) }
        for line in lines where line.amount.units < 0 {
            var rest = try (-line.amount).units
            for isNear in [line.isOfSameUsage, line.isOfSameKind, { _ in true }] {
                for index in lines.indices.reversed() where rest > 0 && isNear(lines[index]) {
                    let part = min(rest, payable[index])
                    payable[index] -= part
                    rest -= part
                }
            }
        }
        return payable
    }

    private func isOfSameUsage(_ other: PayableLine) -> Bool { usage != nil && usage == other.usage }
    private func isOfSameKind(_ other: PayableLine) -> Bool { isUsage == other.isUsage }
}
