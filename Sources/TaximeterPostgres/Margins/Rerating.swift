import PostgresWire
public import Taximeter

/// What stored usage comes to under other conditions, in the currency of the default price book.
public struct RerateTotals: Sendable, Hashable {
    /// At the reference list.
    public internal(set) var theoretical: Money
    /// At its own list.
    public internal(set) var list: Money
    /// Without free channels.
    public internal(set) var monetised: Money
    /// With off-peak windows; volume tiers and terms come after it.
    public internal(set) var scheduled: Money
    /// Events without a price.
    public internal(set) var unpricedEvents: Int64 = 0

    init(_ currency: Currency) {
        theoretical = .zero(currency)
        list = .zero(currency)
        monetised = .zero(currency)
        scheduled = .zero(currency)
    }

    mutating func add(_ rated: RatedAmounts) throws(MoneyError) {
        theoretical = try theoretical + rated.theoretical
        list = try list + rated.list
        monetised = try monetised + rated.monetised
        scheduled = try scheduled + rated.scheduled
    }
}

extension Store {
    /// Rates the stored usage of the hours in `[from, until)` under changed conditions, in memory; writes nothing.
    ///
    /// - Parameter change: Changes the usage of a bucket before it is rated: another model, another channel.
    /// - Throws: ``StoreError`` when no price book is loaded.
    public func rerate(
        from: Instant, until: Instant, changing change: (inout RatableUsage) -> Void
    ) throws -> RerateTotals {
        let prices = try PriceSnapshot.read(self)
        guard let rater = prices.raters.standard?.rater.rater else {
            throw StoreError(.prices, "no price book is loaded: run taximeter tariffs load")
        }
        return try transaction(as: .biller) { connection in
            let names = try BucketNames(connection)
            var totals = RerateTotals(rater.book.currency)
            try connection.forEach(ReadBuckets(from: from, until: until)) { bucket in
                var usage = try names.usage(of: bucket)
                change(&usage)
                switch try rater.rate(usage) {
                case .priced(let rated): try totals.add(rated)
                case .unpriced: totals.unpricedEvents += bucket.events
                }
            }
            return totals
        }
    }
}
