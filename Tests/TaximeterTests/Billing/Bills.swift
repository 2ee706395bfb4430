import Testing

@testable import Taximeter

/// Short ways to write what an invoice is made from.
enum Bills {
    static let account = Identifier(unchecked: "acme")

    static func instant(_ text: String) throws -> Instant {
        try #require(Instant(rfc3339: text.contains("T") ? text : "\(text)T00:00:00Z"))
    }

    /// A month of UTC: `2026-01`.
    static func month(_ text: String) throws -> BillingPeriod { BillingPeriod(containing: try instant("\(text)-01")) }

    /// Tokens at a price for one, `0.001`.
    static func usage(
        _ tokens: Int64, at price: String, model: String = "model-a", channel: String = "api",
        in period: BillingPeriod, from segmentStart: Instant? = nil, class tokenClass: TokenClass = .output,
        currency: Currency = .usd, free: String? = nil
    ) throws -> UsageLine {
        let key = UsageLine.Key(
            segmentStart: segmentStart ?? period.start, plan: nil, priceBook: try Identifier("list"),
            model: try Identifier(model), versionFrom: period.start, channel: try Identifier(channel),
            serviceTier: try Identifier("standard"), band: nil, schedule: nil, tokenClass: tokenClass, tier: nil,
            allowance: try free.map { try Identifier($0) })
        let price = try Money(price, currency)
        let charged = free == nil ? tokens : 0
        return UsageLine(
            key: key, tokens: tokens, chargedTokens: charged, unitPrice: UnitPrice(unitsPerToken: price.units),
            fees: .zero(currency), list: try price * tokens, net: try price * charged)
    }

    /// A plan version.
    static func version(
        fee: RecurringFee? = nil, currency: Currency = .usd, terms: Terms? = nil, committed: [CommittedVolume] = [],
        minimum: String? = nil, maximum: String? = nil, tax: String? = nil
    ) throws -> PlanVersion {
        PlanVersion(
            effective: try #require(EffectivePeriod(from: instant("2020-01-01"))), priceBook: try Identifier("list"),
            currency: currency, recurringFee: fee, terms: terms, committedVolumes: committed,
            minimum: try minimum.map { try Money($0, currency) }, maximum: try maximum.map { try Money($0, currency) },
            tax: try tax.map { PlanVersion.Tax(name: "VAT", rate: try Factor($0)) })
    }

    static func fee(
        _ amount: String, _ due: RecurringFee.Due, _ proration: RecurringFee.Proration = .time,
        currency: Currency = .usd
    ) throws -> RecurringFee {
        RecurringFee(amount: try Money(amount, currency), due: due, proration: proration)
    }

    /// A period under one plan version, or under several that begin at instants within it.
    static func period(
        _ period: BillingPeriod, _ versions: [(plan: String?, from: String?, version: PlanVersion?)] = [],
        usage: [UsageLine] = []
    ) throws -> BillablePeriod {
        var segments: [PlanSegment] = []
        let starts = try versions.map { try $0.from.map(instant) ?? period.start }
        if starts.first != period.start {
            segments.append(PlanSegment(range: period.start..<(starts.first ?? period.end), plan: nil, version: nil))
        }
        for (index, entry) in versions.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : period.end
            segments.append(
                PlanSegment(
                    range: starts[index]..<end, plan: try entry.plan.map { try Identifier($0) }, version: entry.version)
            )
        }
        return BillablePeriod(period: period, segments: segments, usage: usage)
    }

    static let generator = InvoiceGenerator(
        account: account, timeZone: .utc, issuingEntity: Identifier(unchecked: "default"), bookRoundings: [:])
}

extension Invoice {
    /// `kind amount` for each line, what follows from its period's month, and what it adjusts.
    var summary: [String] {
        lines.map { line in
            let month = "\(line.period.start)".prefix(7)
            return "\(line.kind.rawValue) \(month) \(line.amount.decimalText)"
                + (line.adjusts.map { " of \($0)" } ?? "")
        }
    }
}
