/// What a line of a period comes to in all, whoever has billed how much of it.
struct DueLine {
    /// What ids of fees in advance, and of their tax, begin with: such lines are billed one period ahead.
    static let aheadPrefix = "in_advance/"

    let kind: InvoiceLine.Kind
    let id: String
    /// The segment of the plan that it belongs to, by its place; nil without one.
    let segment: Int?
    let usage: UsageLine.Key?
    let description: String
    let quantity: Int64
    /// What one of the quantity costs; nil where the amount is no product.
    let unitPrice: Money?
    let fees: Money
    let exact: Money
    /// The exact amount, rounded.
    let amount: Money

    /// A line that is rounded by a rule.
    init(
        _ kind: InvoiceLine.Kind, id: String, segment: Int?, usage: UsageLine.Key? = nil, description: String,
        quantity: Int64 = 1, unitPrice: Money? = nil, fees: Money? = nil, exact: Money, rounding: RoundingRule
    ) throws(MoneyError) {
        self.kind = kind
        self.id = id
        self.segment = segment
        self.usage = usage
        self.description = description
        self.quantity = quantity
        self.unitPrice = unitPrice
        self.fees = fees ?? .zero(exact.currency)
        self.exact = exact
        amount = try exact.rounded(rounding)
    }

    /// Whether it is billed one period ahead.
    var isAhead: Bool { id.hasPrefix(Self.aheadPrefix) && kind != .usage }

    /// What of it was not billed yet; nil when nothing is.
    ///
    /// - Parameter closedBy: The invoice that closed the period, where that is an earlier one.
    func invoiceLine(
        of period: BillingPeriod, less billed: BilledLine?, closedBy: String?
    ) throws(MoneyError) -> InvoiceLine? {
        guard let billed else {
            if quantity == 0, exact.units == 0, amount.units == 0 { return nil }
            return InvoiceLine(
                kind: kind, id: id, period: period, adjusts: closedBy, usage: usage, description: description,
                quantity: quantity, unitPrice: unitPrice, fees: fees, exact: exact, amount: amount)
        }
        let (quantity, overflow) = self.quantity.subtractingReportingOverflow(billed.quantity)
        if overflow { throw .overflow }
        let (fees, exact) = (try self.fees - billed.fees, try self.exact - billed.exact)
        let amount = try self.amount - billed.amount
        if quantity == 0, exact.units == 0, amount.units == 0 { return nil }
        // The price is shown only where the difference is a product of it.
        let product = try unitPrice.map { price throws(MoneyError) in try price * quantity + fees }
        return InvoiceLine(
            kind: kind, id: id, period: period, adjusts: billed.number, usage: usage, description: description,
            quantity: quantity, unitPrice: product == exact ? unitPrice : nil, fees: fees, exact: exact, amount: amount)
    }
}

extension BilledLine {
    /// What takes back all that was billed; nil when nothing is left of it.
    func reversal() throws(MoneyError) -> InvoiceLine? {
        if quantity == 0, exact.units == 0, amount.units == 0 { return nil }
        let (opposite, overflow) = Int64(0).subtractingReportingOverflow(quantity)
        if overflow { throw .overflow }
        return InvoiceLine(
            kind: kind, id: id, period: period, adjusts: number, usage: usage, description: description,
            quantity: opposite, unitPrice: nil, fees: try -fees, exact: try -exact, amount: try -amount)
    }
}
