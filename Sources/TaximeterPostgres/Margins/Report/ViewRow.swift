import PostgresWire

/// A row of a view or a function, by the names of its columns.
public struct ViewRow: Sendable, Hashable {
    /// Values as text, exact; without the columns that are NULL.
    public var values: [String: String]

    /// The value of a column, or nil when it is NULL or there is no such column.
    public subscript(column: String) -> String? { values[column] }
}

/// Reads the rows of a query, a row a column, so that the view behind it can gain columns.
struct ReadFields: Statement {
    struct Field {
        /// Which of the query's rows.
        let row: Int64
        let column: String
        let value: String
    }

    /// A query with its order.
    let query: SQL

    var sql: SQL {
        """
        SELECT s.row, f.key, f.value
        FROM (SELECT row_number() OVER () AS row, to_jsonb(q) AS fields FROM (\(query)) AS q) AS s
        CROSS JOIN jsonb_each_text(s.fields) AS f
        WHERE f.value IS NOT NULL
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Field {
        Field(row: try row.get(0), column: try row.get(1), value: try row.get(2))
    }
}

extension Connection {
    /// The rows of a query, in its order.
    func rows(_ query: SQL) throws(PostgresError) -> [ViewRow] {
        Dictionary(grouping: try self.query(ReadFields(query: query)), by: \.row).sorted { $0.key < $1.key }
            .map { _, fields in
                ViewRow(values: Dictionary(fields.map { ($0.column, $0.value) }) { first, _ in first })
            }
    }
}
