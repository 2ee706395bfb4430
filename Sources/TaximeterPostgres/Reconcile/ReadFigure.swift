import PostgresWire
import Taximeter

/// What the store has for a figure that somebody else gives.
struct ReadFigure: Statement {
    let figure: ExpectedFigure
    let span: Range<Instant>

    var sql: SQL {
        if figure.kind.isOfGPUs {
            return """
                SELECT trim_scale(coalesce(\(unsafe: Self.sum(of: figure.kind)), 0))::text
                FROM taximeter.cost_hourly
                WHERE hour >= \(span.lowerBound) AND hour < \(span.upperBound)
                    AND (\(figure.pool?.text)::text IS NULL OR pool = \(figure.pool?.text)::text)
                    AND (\(figure.gpu?.text)::text IS NULL OR gpu = \(figure.gpu?.text)::text)
                    AND (\(figure.currency?.code)::text IS NULL OR currency = \(figure.currency?.code)::text)
                """
        }
        return """
            SELECT trim_scale(coalesce(\(unsafe: Self.sum(of: figure.kind)), 0))::text
            FROM taximeter.usage_hourly
            WHERE hour >= \(span.lowerBound) AND hour < \(span.upperBound)
                AND (\(figure.model?.text)::text IS NULL OR model = \(figure.model?.text)::text)
                AND (\(figure.currency?.code)::text IS NULL OR currency = \(figure.currency?.code)::text)
            """
    }

    private static func sum(of kind: ExpectedFigure.Kind) -> String {
        switch kind {
        case .inputTokens: "sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens)"
        case .theoreticalAmount: "sum(theoretical_revenue)"
        case .listAmount: "sum(list_revenue)"
        case .netAmount: "sum(revenue)"
        case .gpuCost: "sum(cost)"
        // The hours of a row are rounded; their sum is only once.
        case .gpuHours: "round(sum(gpu_microseconds) / 3600000000, 9)"
        default: "sum(\(kind.rawValue))"
        }
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}

extension ExpectedFigure {
    /// The difference, where the figure found is further off than it may be.
    func finding(_ found: String, in span: Range<Instant>) -> AuditFinding? {
        let units = (try? Money(found, .usd))?.units
        if let units, accepts(units) { return nil }
        let name = (kind.isOfGPUs ? pool ?? gpu : model).map { " of \($0.text)" } ?? ""
        let unit = currency.map { " \($0.code)" } ?? ""
        return AuditFinding(
            kind: kind.isOfGPUs ? "gpu figure" : "usage figure",
            subject: "\(kind.rawValue)\(name) \(span.lowerBound) to \(span.upperBound)"
                + (source.isEmpty ? "" : " (\(source))"),
            expected: valueText + unit, found: found + unit)
    }
}
