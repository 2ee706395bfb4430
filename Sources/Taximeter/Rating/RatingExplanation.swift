/// How a rating came about: everything needed to compute it again by hand.
public struct RatingExplanation: Sendable, Hashable {
    /// One token class of which tokens were used.
    public struct Line: Sendable, Hashable {
        /// The class.
        public let tokenClass: TokenClass
        /// Its tokens.
        public let tokens: Int64
        /// The price of one token by the list: base rate, band and multipliers.
        public let listPrice: UnitPrice
        /// The price of one token in force: the list price, or the schedule's. Also where the channel is free.
        public let unitPrice: UnitPrice
        /// Tokens times list price.
        public let list: Money
        /// What the channel takes off: all of it, or nothing.
        public let channelDiscount: Money
        /// What the schedule takes off what the channel left; negative where the schedule is dearer.
        public let scheduleDiscount: Money
        /// What is left: list minus both discounts.
        public let net: Money
    }

    /// The result that is explained; the same as ``Rater/rate(_:)`` gives.
    public let rating: Rating
    /// The model whose tariff prices the usage, when there is one: not the alias that was asked for.
    public let model: Identifier?
    /// The version, when there is one.
    public let version: TariffVersion?
    /// The band of the request.
    public let band: Identifier?
    /// The schedule in force.
    public let schedule: Identifier?
    /// The multipliers that apply, in order of their names.
    public let multipliers: [Identifier]
    /// The classes of which tokens were used, in their order; none where there is no price.
    public let lines: [Line]
}

extension Rater {
    /// Prices usage and tells how.
    ///
    /// - Throws: ``MoneyError/overflow`` when an amount does not fit.
    public func explain(_ usage: RatableUsage) throws(MoneyError) -> RatingExplanation {
        let rating = try rate(usage)
        guard let conditions = try? conditions(of: usage) else {
            return RatingExplanation(
                rating: rating, model: nil, version: nil, band: nil, schedule: nil, multipliers: [], lines: [])
        }
        let version = conditions.version.version
        var lines: [RatingExplanation.Line] = []
        for tokenClass in TokenClass.allCases where usage.tokens[tokenClass] != 0 {
            lines.append(try line(tokenClass, usage.tokens[tokenClass], conditions))
        }
        return RatingExplanation(
            rating: rating, model: book.tariffs[conditions.version.place.tariff].model, version: version,
            band: conditions.band.map { version.rules.bands[$0].name },
            schedule: conditions.schedule.map { version.rules.schedules[$0].name },
            multipliers: version.rules.multipliers.indices.filter { conditions.multipliers & 1 << $0 != 0 }.map {
                version.rules.multipliers[$0].name
            }, lines: lines)
    }

    private func line(
        _ tokenClass: TokenClass, _ tokens: Int64, _ conditions: Conditions
    ) throws(MoneyError) -> RatingExplanation.Line {
        let prices = conditions.version.version.prices
        let listPrice = prices.price(row: conditions.listRow, tokenClass)
        let unitPrice = prices.price(row: conditions.row, tokenClass)
        let list = Money(units: try listPrice.amount(tokens: tokens), book.currency)
        let zero = Money.zero(book.currency)
        let net = conditions.isFree ? zero : Money(units: try unitPrice.amount(tokens: tokens), book.currency)
        let monetised = conditions.isFree ? zero : list
        return RatingExplanation.Line(
            tokenClass: tokenClass, tokens: tokens, listPrice: listPrice, unitPrice: unitPrice, list: list,
            channelDiscount: try list - monetised, scheduleDiscount: try monetised - net, net: net)
    }
}
