import PostgresWire
import Taximeter

/// What the rows of a margin report stand for.
public enum MarginGrouping: String, Sendable, CaseIterable {
    /// A row a UTC hour.
    case hour
    /// A row a UTC day.
    case day
    /// A row a model.
    case model

    var expression: SQL {
        switch self {
        case .hour: "to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        case .day: "to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
        case .model: "coalesce(model, '')"
        }
    }
}

/// Usage, revenue at each step, cost and margins of one hour, day or model, in one currency, as the views say.
///
/// Amounts are exact decimals in units of the currency; margins are fractions to six places, nil without their divisor.
public struct MarginRow: Sendable, Hashable {
    /// The hour (RFC 3339), the day (ISO 8601) or the model; empty for cost that no model caused, and for totals.
    public var group: String
    /// Values by ``columns``.
    public var values: [String?]

    /// The names of ``values``, those of the view `taximeter.margin_hourly`, in its order.
    public static let columns = [
        "currency", "events", "requests", "cache_hit_tokens", "cache_miss_tokens", "cache_write_tokens",
        "cache_write_1h_tokens", "output_tokens", "theoretical_revenue", "list_revenue", "monetised_revenue",
        "scheduled_revenue", "revenue", "unpriced_events", "cost", "profit", "gross_margin", "cost_profit_margin",
        "theoretical_gross_margin", "theoretical_cost_profit_margin",
    ]

    /// The value of a column, or nil when it is NULL or there is no such column.
    public subscript(column: String) -> String? {
        guard let index = Self.columns.firstIndex(of: column), values.indices.contains(index) else { return nil }
        return values[index]
    }
}

/// Reads margins over a range of hours, grouped.
struct ReadMargins: Statement {
    let sql: SQL

    init(from: Instant, until: Instant, by grouping: MarginGrouping) {
        let sums = MarginRow.columns[1..<15].filter { $0 != "cost" }.map { "sum(\($0))::text" }.joined(separator: ", ")
        sql = """
            SELECT \(grouping.expression), currency, \(unsafe: sums), sum(cost)::text,
                (sum(revenue) - sum(cost))::text,
                taximeter.gross_margin(sum(revenue), sum(cost))::text,
                taximeter.cost_profit_margin(sum(revenue), sum(cost))::text,
                taximeter.gross_margin(sum(theoretical_revenue), sum(cost))::text,
                taximeter.cost_profit_margin(sum(theoretical_revenue), sum(cost))::text
            FROM taximeter.margin_hourly_by_model
            WHERE hour >= \(from) AND hour < \(until)
            GROUP BY 1, 2 ORDER BY 1, 2
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> MarginRow {
        var values: [String?] = []
        for column in 1...MarginRow.columns.count { values.append(try row.get(column)) }
        return MarginRow(group: try row.get(0), values: values)
    }
}

/// The totals of a range of hours: a row a currency.
public struct MarginSummary: Sendable, Hashable {
    /// Values by column of `taximeter.margin_summary`, exact decimals; nil where NULL.
    public var values: [String: String]

    /// The value of a column of `taximeter.margin_summary`, or nil when it is NULL.
    public subscript(column: String) -> String? { values[column] }
}
