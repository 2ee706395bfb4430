import Taximeter

/// FOCUS 1.2 as CSV: the columns in a fixed order, our own begin with `x_`. docs/focus-export.md tells what is in them.
struct FOCUSText {
    static let columns = [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
        "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
        "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountStatus", "ConsumedQuantity",
        "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName",
        "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit",
        "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter",
        "SkuPriceDetails", "SkuPriceId", "x_InvoiceLineId", "x_CorrectedInvoiceId",
    ]

    /// Whose service it is; nil for the issuing entity of each invoice.
    let provider: String?

    /// The rows of an invoice, one a line.
    func text(_ rows: [FOCUSCharge], of invoice: Invoice) -> String { CSVText.text(rows.map { fields($0, invoice) }) }

    private func fields(_ row: FOCUSCharge, _ invoice: Invoice) -> [String] {
        let usage = row.category == .usage ? row.line?.usage : nil
        let (pricing, cost) = (row.pricing, Self.decimal(row.cost.decimalText))
        let list = Self.price(pricing?.listUnitPrice, isUsage: usage != nil)
        let contracted = Self.price(pricing?.contractedUnitPrice, isUsage: usage != nil)
        let (provider, currency) = (provider ?? invoice.issuingEntity.text, invoice.currency.code)
        let fields: [String?] =
            [
                cost, invoice.account.text, invoice.account.text, "Account", currency, "\(invoice.period.end)",
                "\(invoice.period.start)", row.category.rawValue, row.isCorrection ? "Correction" : nil,
                row.description, row.frequency.rawValue, "\(row.period.end)", "\(row.period.start)", nil,
            ]
            + (usage == nil ? [nil, nil] : [pricing.map { Self.decimal(String($0.quantity)) }, "Tokens"]) + [
                cost, contracted, cost, invoice.issued?.number, invoice.issuingEntity.text,
                Self.decimal(row.listCost.decimalText), list, pricing == nil ? nil : "Standard", currency, contracted,
                cost, list,
            ]
            + Self.quantity(pricing, isUsage: usage != nil) + [
                provider, provider, "AI and Machine Learning", "LLM inference", "Generative AI", pricing?.sku,
                pricing == nil ? nil : usage.map { "\($0.tokenClass.name) tokens" } ?? "fees",
                usage.map(Self.details), pricing?.skuPrice, row.line?.id, row.line?.adjusts,
            ]
        return fields.map { $0 ?? "" }
    }

    /// Prices are of a million tokens, as providers publish them, and of one fee.
    private static func price(_ price: Money?, isUsage: Bool) -> String? {
        guard let price else { return nil }
        return decimal(isUsage ? price.perMillion : price.decimalText)
    }

    /// The priced quantity and its unit.
    private static func quantity(_ pricing: FOCUSCharge.Pricing?, isUsage: Bool) -> [String?] {
        guard let pricing else { return [nil, nil] }
        return isUsage
            ? [Self.decimal(pricing.millions), "1000000 Tokens"] : [Self.decimal(String(pricing.quantity)), "Units"]
    }

    /// Readers of CSV take a column of whole numbers for integers, which FOCUS's decimal columns are not.
    private static func decimal(_ text: String) -> String { text.contains(".") ? text : text + ".0" }

    /// What the price depends on.
    private static func details(_ usage: UsageLine.Key) -> String {
        let details: [(String, String?)] = [
            ("x_Band", usage.band?.text), ("x_Channel", usage.channel.text),
            ("x_Model", usage.model.text), ("x_Plan", usage.plan?.text), ("x_PriceBook", usage.priceBook.text),
            ("x_Schedule", usage.schedule?.text), ("x_ServiceTier", usage.serviceTier.text),
            ("x_TierStep", usage.tier.map { "\($0.step + 1)" }), ("x_TokenClass", usage.tokenClass.name),
            ("x_VersionFrom", "\(usage.versionFrom)"),
        ]
        return (try? JSONText.of(Dictionary(uniqueKeysWithValues: details).compactMapValues(\.self))) ?? "{}"
    }
}
