import PostgresWire
import Taximeter

/// Suppliers' bills of a month against what the cost of nodes has, by pool or GPU type: GPU-hours and money.
struct SupplierBills {
    let lines: [SupplierBill.Line]
    let span: Range<Instant>
    let connection: Connection

    /// - Throws: ``StoreError`` for bills without a line of the span.
    init(_ bills: [SupplierBill], span: Range<Instant>, connection: Connection) throws {
        let all = bills.flatMap(\.lines)
        lines = all.filter { span.contains($0.span.lowerBound) }
        self.span = span
        self.connection = connection
        if lines.isEmpty, let first = all.first {
            throw StoreError(
                .range,
                "the bill \(first.source) has lines from \(first.span.lowerBound) on; give one of \(span.lowerBound) to "
                    + "\(span.upperBound)")
        }
    }

    func discrepancies() throws -> [Discrepancy] {
        if lines.isEmpty { return [] }
        return try lines.flatMap(discrepancies) + unbilled()
    }

    private func discrepancies(_ line: SupplierBill.Line) throws -> [Discrepancy] {
        var found: [Discrepancy] = []
        for figure in line.figures {
            guard let stored = try connection.query(ReadFigure(figure: figure, span: line.span)).first,
                let finding = figure.finding(stored, in: line.span)
            else { continue }
            // Hours that tie leave the rate alone as a cause of another amount.
            let isRate =
                figure.kind == .gpuCost && line.hours != nil && !found.contains { $0.finding.kind == Self.hours }
            found.append(Self.discrepancy(finding, figure, isRate: isRate))
        }
        return found
    }

    private static let hours = "billed GPU-hours"

    private static func discrepancy(_ finding: AuditFinding, _ figure: ExpectedFigure, isRate: Bool) -> Discrepancy {
        let isHours = figure.kind == .gpuHours
        let size = DifferenceSize(finding).text
        let isNothing = finding.found == "0" || finding.found.hasPrefix("0 ")
        return Discrepancy(
            AuditFinding(
                kind: isHours ? hours : "billed cost", subject: finding.subject, expected: finding.expected,
                found: finding.found), size: size,
            cause: isNothing
                ? "the cost files have nothing of this pool or GPU type and time, or it has another name there"
                : isHours ? hoursCause(size) : isRate ? otherRate : "the hours differ as well, or were not told")
    }

    private static let otherRate =
        "the hours tie: another rate than the cost files have for this time, a discount, or a charge that is no GPU-hour"

    private static func hoursCause(_ size: String) -> String {
        size.hasPrefix("-")
            ? "nodes or hours that the cost files do not have, or that the supplier billed too much"
            : "nodes that the supplier did not bill, or that the cost files have too long or twice"
    }

    /// Pools that cost something and that no line speaks of.
    private func unbilled() throws -> [Discrepancy] {
        if lines.contains(where: { $0.pool == nil && $0.gpu == nil }) { return [] }
        return try connection.query(ReadPoolHours(span: span)).filter { pool in
            !lines.contains { $0.pool?.text == pool.name || $0.gpu?.text == pool.gpu }
        }.map { pool in
            Discrepancy(
                AuditFinding(
                    kind: "pool without a bill",
                    subject: "\(pool.name) (\(pool.gpu)) \(span.lowerBound) to \(span.upperBound)",
                    expected: "a line of a bill", found: "\(pool.hours) GPU-hours, \(pool.cost)"), size: "",
                cause: "its bill was not given, or the pool or GPU type has another name there")
        }
    }
}

/// What pools come to in a span.
struct ReadPoolHours: Statement {
    struct Row {
        let name: String
        let gpu: String
        let hours: String
        let cost: String
    }

    let span: Range<Instant>

    var sql: SQL {
        """
        SELECT pool, gpu, trim_scale(round(sum(hours), 9))::text, string_agg(trim_scale(cost) || ' ' || currency, ', ')
        FROM (
            SELECT pool, gpu, currency, sum(gpu_microseconds) / 3600000000 AS hours, sum(cost) AS cost
            FROM taximeter.cost_hourly
            WHERE hour >= \(span.lowerBound) AND hour < \(span.upperBound)
            GROUP BY pool, gpu, currency) AS p
        GROUP BY pool, gpu HAVING sum(hours) > 0 ORDER BY pool
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(name: try row.get(0), gpu: try row.get(1), hours: try row.get(2), cost: try row.get(3))
    }
}
