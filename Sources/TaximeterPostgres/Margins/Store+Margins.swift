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
        let fields = try transaction(as: .reader) { try $0.query(ReadMarginSummary(from: from, until: until)) }
        return Dictionary(grouping: fields, by: \.row).sorted { $0.key < $1.key }.map { _, fields in
            MarginSummary(values: Dictionary(fields.map { ($0.column, $0.value) }) { first, _ in first })
        }
    }
}
