/// A row of the CostAndUsage dataset of FOCUS 1.2, the FinOps Open Cost and Usage Specification
/// (https://focus.finops.org/focus-specification/v1-2/): one charge.
public struct FOCUSCharge: Sendable, Hashable {
    /// What the charge is: FOCUS's ChargeCategory.
    public enum Category: String, Sendable, Hashable, CaseIterable {
        /// Tokens.
        case usage = "Usage"
        /// Fees.
        case purchase = "Purchase"
        /// A tax.
        case tax = "Tax"
        /// Rounding, and what a minimum or maximum makes of the charges.
        case adjustment = "Adjustment"
    }

    /// How often a charge is made: FOCUS's ChargeFrequency.
    public enum Frequency: String, Sendable, Hashable, CaseIterable {
        /// For what was used.
        case usageBased = "Usage-Based"
        /// Every period.
        case recurring = "Recurring"
        /// Once.
        case oneTime = "One-Time"
    }

    /// How much of something, and what one of it costs.
    public struct Pricing: Sendable, Hashable {
        /// Tokens of usage, or a count of fees. Below zero where something is taken back.
        public let quantity: Int64
        /// What one costs by the list; nil where it is not known, of a correction only.
        public let listUnitPrice: Money?
        /// What one costs after every discount; nil where the cost is no product, of a correction only.
        public let contractedUnitPrice: Money?
        /// What is priced: FOCUS's SkuId.
        public let sku: String
        /// The list price of it: FOCUS's SkuPriceId.
        public let skuPrice: String

        /// The quantity in millions, exact: `1.5` for 1,500,000 tokens.
        public var millions: String { DecimalText.text(Int128(quantity), decimals: 6) }
    }

    /// What it is.
    public let category: Category
    /// How often.
    public let frequency: Frequency
    /// Whether it corrects a period that was invoiced before: FOCUS's ChargeClass.
    public let isCorrection: Bool
    /// What it says to people.
    public let description: String
    /// The time that it is for.
    public let period: BillingPeriod
    /// Quantity and prices; nil for taxes and adjustments.
    public let pricing: Pricing?
    /// What it would cost by the list.
    public let listCost: Money
    /// What it costs by the contract: what is billed, and what it effectively costs. Exact; the rounding of an invoice is a row
    /// of its own.
    public let cost: Money
    /// The line of the invoice; nil for the rounding of it.
    public let line: InvoiceLine?
}
