import PostgresWire
public import Taximeter

extension Store {
    /// What cache hits and misses of the hours in `[from, until)` earned and cost in one currency: columns
    /// `cache_hit_tokens`, `cache_hit_revenue`, `cache_hit_cost` and those of `cache_miss`. Costs are as the allocation policy
    /// in force split them, and so are NULL where no cost is known.
    public func inputAmounts(from: Instant, until: Instant, currency: Currency) throws -> ViewRow? {
        let columns = ["cache_hit", "cache_miss"].flatMap { name in
            ["tokens", "revenue", "cost"].map { "sum(\(name)_\($0)) AS \(name)_\($0)" }
        }
        return try transaction(as: .reader) { connection in
            try connection.rows(
                """
                SELECT \(unsafe: columns.joined(separator: ", ")) FROM taximeter.margin_hourly_by_model_and_channel
                WHERE hour >= \(from) AND hour < \(until) AND currency = \(currency.code)
                """
            ).first
        }
    }
}
