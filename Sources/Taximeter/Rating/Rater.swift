/// Prices usage by a price book. The live quote, the monthly bill and the simulation all call ``rate(_:)``.
///
/// The order is: tariff by model name or alias, version by the instant, band by size, multipliers, channel, schedule.
public struct Rater: Sendable {
    /// The book.
    public let book: PriceBook

    private let tariffs: [CompiledTariff]
    /// What a name means: aliases over some time, and after them, at any time, the model of that name.
    private let names: [Identifier: [(effective: EffectivePeriod?, tariff: Int)]]
    private let reference: Int?

    /// A rater for a book.
    public init(book: PriceBook) {
        self.book = book
        tariffs = book.tariffs.enumerated().map { tariff, content in
            CompiledTariff(
                versions: content.versions.enumerated().map { version, content in
                    CompiledVersion(content, at: VersionPlace(tariff: tariff, version: version))
                })
        }
        var names: [Identifier: [(effective: EffectivePeriod?, tariff: Int)]] = [:]
        for (index, tariff) in book.tariffs.enumerated() {
            for alias in tariff.aliases { names[alias.name, default: []].append((alias.effective, index)) }
        }
        for (index, tariff) in book.tariffs.enumerated() { names[tariff.model, default: []].append((nil, index)) }
        self.names = names
        reference = book.reference.flatMap { reference in book.tariffs.firstIndex { $0.model == reference } }
    }

    /// The price of usage, exactly, or why it has none. Allocates no memory.
    ///
    /// - Throws: ``MoneyError/overflow`` when an amount does not fit.
    public func rate(_ usage: RatableUsage) throws(MoneyError) -> Rating {
        let conditions: Conditions
        do { conditions = try self.conditions(of: usage) } catch { return .unpriced(error) }
        return .priced(try amounts(of: usage, under: conditions))
    }

    // MARK: Which price

    /// Everything that decides the prices of usage.
    struct Conditions {
        let version: CompiledVersion
        let band: Int?
        let schedule: Int?
        let multipliers: Int
        let isFree: Bool

        /// The row of list prices.
        var listRow: Int { version.version.prices.row(schedule: nil, band: band, multipliers: multipliers) }
        /// The row of the prices in force.
        var row: Int { version.version.prices.row(schedule: schedule, band: band, multipliers: multipliers) }
    }

    func conditions(of usage: RatableUsage) throws(UnpricedReason) -> Conditions {
        let meanings = names[usage.model]
        guard let meaning = meanings?.first(where: { $0.effective?.contains(usage.instant) ?? true }) else {
            throw .noTariff
        }
        return try conditions(of: usage, tariff: meaning.tariff)
    }

    private func conditions(of usage: RatableUsage, tariff: Int) throws(UnpricedReason) -> Conditions {
        guard let version = tariffs[tariff].version(at: usage.instant) else { throw .noVersion }
        let band = try version.band(of: usage.size)
        let multipliers = try version.multipliers(usage.serviceTier, usage.multipliers)
        for tokenClass in TokenClass.allCases
        where usage.tokens[tokenClass] != 0 && !version.version.prices.ratedClasses[tokenClass] {
            throw .noRate(tokenClass)
        }
        return Conditions(
            version: version, band: band, schedule: version.schedule(at: usage.instant), multipliers: multipliers,
            isFree: version.version.freeChannels.contains(usage.channel))
    }

    // MARK: What it comes to

    private func amounts(of usage: RatableUsage, under conditions: Conditions) throws(MoneyError) -> RatedAmounts {
        let prices = conditions.version.version.prices
        let zero = Money.zero(book.currency)
        let list = try total(usage.tokens, prices, row: conditions.listRow)
        let net =
            conditions.isFree
            ? PerClass.all(zero)
            : try PerClass { tokenClass throws(MoneyError) in
                let price = prices.price(row: conditions.row, tokenClass)
                return Money(units: try price.amount(tokens: usage.tokens[tokenClass]), book.currency)
            }
        var scheduled = zero
        for tokenClass in TokenClass.allCases { scheduled = try scheduled + net[tokenClass] }
        return RatedAmounts(
            version: conditions.version.place, schedule: conditions.schedule, band: conditions.band, net: net,
            theoretical: try theoretical(of: usage, under: conditions) ?? list, list: list,
            monetised: conditions.isFree ? zero : list, scheduled: scheduled)
    }

    /// The amount at the reference model's list price, or nil when there is none.
    private func theoretical(of usage: RatableUsage, under conditions: Conditions) throws(MoneyError) -> Money? {
        guard let reference, reference != conditions.version.place.tariff,
            let other = try? self.conditions(of: usage, tariff: reference)
        else { return nil }
        return try total(usage.tokens, other.version.version.prices, row: other.listRow)
    }

    private func total(_ tokens: TokenCounts, _ prices: UnitPriceTable, row: Int) throws(MoneyError) -> Money {
        var total = Money.zero(book.currency)
        for tokenClass in TokenClass.allCases where tokens[tokenClass] != 0 {
            let amount = try prices.price(row: row, tokenClass).amount(tokens: tokens[tokenClass])
            total = try total + Money(units: amount, book.currency)
        }
        return total
    }
}
