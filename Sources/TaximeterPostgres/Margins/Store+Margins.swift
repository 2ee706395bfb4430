import PostgresWire
public import Taximeter

extension Store {
    /// What the margin views say of the hours in `[from, until)`, grouped; a row a group and currency, in order.
    ///
    /// - Parameters:
    ///   - from: The first hour; a whole UTC hour.
    ///   - until: The first hour that is not included.
    ///   - grouping: What a row stands for.
    public func margins(from: Instant, until: Instant, by grouping: MarginGrouping) throws -> [MarginRow] {
        try transaction(as: .reader) { try $0.query(ReadMargins(from: from, until: until, by: grouping)) }
    }

    /// The totals of the hours in `[from, until)`: a row a currency, in order of the currency's code.
    public func marginSummary(from: Instant, until: Instant) throws -> [MarginSummary] {
        try transaction(as: .reader) { connection in
            try connection.rows(
                "SELECT * FROM taximeter.margin_summary(\(from), \(until)) AS m ORDER BY m.currency")
        }.map { MarginSummary(values: $0.values) }
    }
}
