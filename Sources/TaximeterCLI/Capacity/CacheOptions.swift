import ArgumentParser
import Taximeter
import TaximeterPostgres

/// Another share of cache hits among the input, on the command line.
struct CacheOptions: ParsableArguments {
    @Option(help: "This part of hits and misses had been hits; with --hit-price and --miss-price.")
    var hitRate: DecimalArgument?
    @Option(help: "The price of a million hits.")
    var hitPrice: DecimalArgument?
    @Option(help: "The price of a million misses.")
    var missPrice: DecimalArgument?
    @Option(help: "What a million misses cost to compute; 0 where the nodes are paid for anyway.")
    var missCost: DecimalArgument?

    func validate() throws {
        guard let hitRate else {
            if hitPrice == nil, missPrice == nil, missCost == nil { return }
            throw ValidationError("--hit-price, --miss-price and --miss-cost go with --hit-rate")
        }
        if hitRate.units > DecimalArgument.one { throw ValidationError("--hit-rate must be at most 1") }
        if hitPrice == nil || missPrice == nil {
            throw ValidationError("--hit-rate needs --hit-price and --miss-price")
        }
    }

    /// The row's name and the margin; nil where no other hit rate was asked for.
    func shifted(_ base: Margin, _ total: MarginSummary) throws -> (name: String, margin: Margin)? {
        guard let hitRate, let hitPrice, let missPrice else { return nil }
        let currency = base.revenue.currency
        let shift = try CacheShift(
            hitPrice: Money(units: hitPrice.units, currency), missPrice: Money(units: missPrice.units, currency),
            missCost: Money(units: missCost?.units ?? 0, currency))
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
