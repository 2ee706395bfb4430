import ArgumentParser
import Taximeter
import TaximeterPostgres

/// Another share of cache hits among the input, on the command line.
struct CacheOptions: ParsableArguments {
    @Option(help: "This part of hits and misses had been hits.")
    var hitRate: DecimalArgument?
    @Option(help: "The price of a million hits. (default: what they earned in the mean)")
    var hitPrice: DecimalArgument?
    @Option(help: "The price of a million misses. (default: what they earned in the mean)")
    var missPrice: DecimalArgument?
    @Option(
        help: """
            What a million misses cost more than hits, 0 where the nodes are paid for anyway. (default: what the allocation \
            policy in force says)
            """)
    var missCost: DecimalArgument?

    func validate() throws {
        guard let hitRate else {
            if hitPrice == nil, missPrice == nil, missCost == nil { return }
            throw ValidationError("--hit-price, --miss-price and --miss-cost go with --hit-rate")
        }
        if hitRate.units > DecimalArgument.one { throw ValidationError("--hit-rate must be at most 1") }
    }

    /// The row's name and the margin; nil where no other hit rate was asked for.
    ///
    /// - Parameter stored: What hits and misses earned and cost, as the views have it.
    /// - Throws: `ValidationError` where a price was not given and nothing is stored to take it from.
    func shifted(
        _ base: Margin, _ total: MarginSummary, _ stored: ViewRow?
    ) throws -> (name: String, margin: Margin)? {
        guard let hitRate else { return nil }
        let currency = base.revenue.currency
        func mean(_ tokenClass: String, _ amount: String) throws -> Money? {
            guard let tokens = stored?["\(tokenClass)_tokens"].flatMap({ Int128($0) }), tokens > 0,
                let text = stored?["\(tokenClass)_\(amount)"]
            else { return nil }
            return try TokenEconomics.costPerMillion(Money(text, currency), tokens: tokens)
        }
        func price(_ given: DecimalArgument?, _ option: String, _ tokenClass: String) throws -> Money {
            if let given { return Money(units: given.units, currency) }
            if let mean = try mean(tokenClass, "revenue") { return mean }
            throw ValidationError("--hit-rate needs --\(option): no revenue of such tokens is stored to take it from")
        }
        var saved = Money(units: missCost?.units ?? 0, currency)
        if missCost == nil, let miss = try mean("cache_miss", "cost"), let hit = try mean("cache_hit", "cost") {
            saved = try miss - hit
        }
        let shift = try CacheShift(
            hitPrice: price(hitPrice, "hit-price", "cache_hit"),
            missPrice: price(missPrice, "miss-price", "cache_miss"), missCost: saved)
        let hits = total.tokens("cache_hit_tokens")
        let wanted = try Money(units: hits + total.tokens("cache_miss_tokens"), currency)
            .share(hitRate.units, of: DecimalArgument.one, rounding: .halfAwayFromZero).units
        func amount(_ perMillion: Money) throws -> Money {
            try perMillion.share(wanted - hits, of: TokenEconomics.million, rounding: .halfAwayFromZero)
        }
        return (
            "hit rate \(hitRate)", try base.with(earned: amount(shift.revenue), saved: amount(shift.cost))
        )
    }
}
