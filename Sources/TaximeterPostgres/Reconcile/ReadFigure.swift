import PostgresWire
import Taximeter

/// What the store has for a figure that somebody else gives.
struct ReadFigure: Statement {
    let figure: ExpectedFigure
    let span: Range<Instant>

    var sql: SQL {
        let column = SQL(unsafe: Self.column(of: figure.kind))
        let view = SQL(unsafe: figure.kind.isOfGPUs ? "cost_hourly" : "usage_hourly")
        let name = figure.kind.isOfGPUs ? figure.pool : figure.model
        let nameColumn = SQL(unsafe: figure.kind.isOfGPUs ? "pool" : "model")
        return """
            SELECT trim_scale(coalesce(sum(\(column)), 0))::text
            FROM taximeter.\(view)
            WHERE hour >= \(span.lowerBound) AND hour < \(span.upperBound)
                AND (\(name?.text)::text IS NULL OR \(nameColumn) = \(name?.text)::text)
                AND (\(figure.currency?.code)::text IS NULL OR currency = \(figure.currency?.code)::text)
            """
    }

    private static func column(of kind: ExpectedFigure.Kind) -> String {
        switch kind {
        case .inputTokens: "cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens"
        case .theoreticalAmount: "theoretical_revenue"
        case .listAmount: "list_revenue"
        case .netAmount: "revenue"
        case .gpuCost: "cost"
        default: kind.rawValue
        }
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}

extension ExpectedFigure {
    /// The difference, where the figure found is further off than it may be.
    func finding(_ found: String, in span: Range<Instant>) -> AuditFinding? {
        let units = (try? Money(found, .usd))?.units
        if let units, accepts(units) { return nil }
        let name = (kind.isOfGPUs ? pool : model).map { " of \($0.text)" } ?? ""
        let unit = currency.map { " \($0.code)" } ?? ""
        return AuditFinding(
            kind: kind.isOfGPUs ? "gpu figure" : "usage figure",
            subject: "\(kind.rawValue)\(name) \(span.lowerBound) to \(span.upperBound)"
                + (source.isEmpty ? "" : " (\(source))"),
            expected: valueText + unit, found: found + unit)
    }
}
