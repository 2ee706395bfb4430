import PostgresWire
import Taximeter

/// Metered tokens of a span against the counters of engines, as the page of a month tells them.
struct EngineDiscrepancies {
    let comparison: EngineComparison
    private let span: Range<Instant>

    /// Compares.
    ///
    /// - Throws: ``StoreError`` when the counters cover no whole hour of the span.
    init(_ counters: EngineCounters, span: Range<Instant>, _ connection: Connection) throws {
        let metered = try connection.query(ReadMeteredTokens(span: span))
        let increases = EngineIncreases(counters, in: span)
        guard let comparison = EngineComparison(increases, metered, counters.mapping) else {
            let times = counters.times
            throw StoreError(
                .range,
                "the counters have "
                    + (times.map { "samples from \($0.lowerBound) to \($0.upperBound)" } ?? "no samples")
                    + "; give some before and after a whole hour of \(span.lowerBound) to \(span.upperBound)")
        }
        self.comparison = comparison
        self.span = span
    }

    func discrepancies() -> [Discrepancy] {
        comparison.notes.map(discrepancy) + outside() + comparison.differences.map(discrepancy)
    }

    private func discrepancy(_ difference: EngineComparison.Difference) -> Discrepancy {
        let distance = difference.engine.distance(of: difference.metered)
        let models = difference.models.map(\.text).joined(separator: ", ")
        return Discrepancy(
            AuditFinding(
                kind: "engine counters",
                subject: "\(difference.counter.rawValue) tokens of \(models) "
                    + "\(difference.span.lowerBound) to \(difference.span.upperBound)",
                expected: "\(difference.engine)", found: "\(difference.metered) metered"),
            size: (distance > 0 ? "+" : "") + "\(distance) tokens", cause: difference.cause)
    }

    private func discrepancy(_ note: EngineNote) -> Discrepancy {
        let (expected, found, cause): (String, String, String) =
            switch note.kind {
            case .reset:
                (
                    "\(note.before) or more", note.after,
                    "the engine was started again; what it counted after its last sample before that is in no counter"
                )
            case .missingScrapes:
                (
                    "samples in between", "none, from \(note.before) to \(note.after)",
                    "it could not be reached, or the export left them out; what it counted meanwhile may be of any of these hours"
                )
            case .appeared:
                (
                    "samples in between", "none before \(note.after)",
                    "it was started then, or not scraped before; what it shows first may be of the time before"
                )
            case .disappeared:
                (
                    "samples in between", "none after \(note.before)",
                    "it was stopped then, or not scraped since; what it counted after its last sample is in no counter"
                )
            }
        return Discrepancy(
            AuditFinding(
                kind: note.kind.rawValue,
                subject: (note.instance.isEmpty ? "the engine" : note.instance) + " \(note.from) to \(note.until)",
                expected: expected, found: found), size: "", cause: cause, isNote: true)
    }

    /// What was metered where the counters say nothing.
    private func outside() -> [Discrepancy] {
        if comparison.inputOutside == 0, comparison.outputOutside == 0 { return [] }
        let covered = comparison.covered
        return [
            Discrepancy(
                AuditFinding(
                    kind: "hours without counters", subject: "\(span.lowerBound) to \(span.upperBound)",
                    expected: "samples before and after every hour",
                    found: "hours from \(covered.lowerBound) to \(covered.upperBound); outside of them "
                        + "\(comparison.inputOutside) input and \(comparison.outputOutside) output tokens were metered"),
                size: "", cause: "the counters were exported for a part of the month", isNote: true)
        ]
    }
}

/// What was metered in the hours of a span, by model, as the margins have it.
struct ReadMeteredTokens: Statement {
    let span: Range<Instant>

    var sql: SQL {
        """
        SELECT hour, model,
            sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens),
            sum(cache_hit_tokens), sum(output_tokens)
        FROM taximeter.usage_hourly
        WHERE hour >= \(span.lowerBound) AND hour < \(span.upperBound)
        GROUP BY hour, model ORDER BY hour, model
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> MeteredTokens {
        MeteredTokens(
            hour: try row.instant(0), model: try row.identifier(1), input: try row.count(2), cacheHit: try row.count(3),
            output: try row.count(4))
    }
}
