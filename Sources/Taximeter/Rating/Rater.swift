/// Prices usage by a price book: one request, or the sum of requests that are priced alike.
///
/// This is the part of a price that a request decides by itself: tariff, version, band, multipliers, channel and
/// schedule. What depends on the account's whole billing period (volume tiers, the contract discount, allowances) comes
/// on top, by ``PeriodRater``, which calls this. Quotes, bills and simulations all end here.
public struct Rater: Sendable {
    /// The book.
    public let book: PriceBook

    let tariffs: [CompiledTariff]
    /// What every request reads of them.
    let tables: RateTables
    /// What a name means: aliases over some time, and after them, at any time, the model of that name.
    let names: [Identifier: [(effective: EffectivePeriod?, tariff: Int)]]
    /// The place of the reference model's tariff.
    let reference: Int?
    /// The volume counters of the book.
    let counters: TierCounters

    /// A rater for a book.
    public init(book: PriceBook) {
        self.book = book
        let counters = TierCounters(book)
        self.counters = counters
        let models = book.tariffs.map(\.model).sorted()
        let orders = Dictionary(zip(models, models.indices)) { first, _ in first }
        var tables = RateTables(book.currency)
        tariffs = book.tariffs.enumerated().map { tariff, content in
            CompiledTariff(
                versions: content.versions.enumerated().map { version, content in
                    tables.add(
                        content, at: VersionPlace(tariff: tariff, version: version),
                        tariffOrder: orders[book.tariffs[tariff].model] ?? tariff,
                        tiers: CompiledTiers(content.rules, tariff: tariff, counters, discount: book.terms.discount))
                })
        }
        self.tables = tables
        var names: [Identifier: [(effective: EffectivePeriod?, tariff: Int)]] = [:]
        for (index, tariff) in book.tariffs.enumerated() {
            for alias in tariff.aliases { names[alias.name, default: []].append((alias.effective, index)) }
        }
        for (index, tariff) in book.tariffs.enumerated() { names[tariff.model, default: []].append((nil, index)) }
        self.names = names
        reference = book.reference.flatMap { reference in book.tariffs.firstIndex { $0.model == reference } }
    }

    /// The price of usage before volume tiers and terms, exactly, or why it has none.
    ///
    /// Of many requests that are alike, take the ``line(of:)`` once: that is several times as fast.
    ///
    /// - Throws: ``MoneyError/overflow`` when an amount does not fit.
    public func rate(_ usage: RatableUsage) throws(MoneyError) -> Rating {
        try tables.rate(meaning(of: usage, at: usage.instant), usage.instant, usage.size, usage.tokens)
    }

    /// The price of usage of a line before volume tiers and terms. Allocates no memory.
    ///
    /// - Parameters:
    ///   - line: Of this rater.
    ///   - instant: The rating instant.
    ///   - size: The size that decides the band.
    ///   - tokens: The tokens to be priced.
    /// - Throws: ``MoneyError/overflow`` when an amount does not fit.
    public func rate(
        _ line: RatingLine, at instant: Instant, size: RequestSize, tokens: TokenCounts
    ) throws(MoneyError) -> Rating {
        try line.tables.rate(line.meaning(at: instant), instant, size, tokens)
    }
}
