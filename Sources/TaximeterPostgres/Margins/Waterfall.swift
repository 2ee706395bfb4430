import PostgresWire
public import Taximeter

/// One step of the waterfall, or the total after some of them.
public struct WaterfallStep: Sendable, Hashable {
    /// The column of `taximeter.waterfall_hourly` or `taximeter.waterfall_monthly`.
    public let name: String
    /// The exact amount, a decimal in units of the currency.
    public let amount: String
    /// The currency.
    public let currency: String
    /// Whether it is the sum of all steps before it, rather than a step.
    public let isTotal: Bool
}

/// Reads the waterfall over a range of hours, or of a month to what was collected: a row a step, in order.
struct ReadWaterfall: Statement {
    private static let ofUsage: [(name: String, isTotal: Bool)] = [
        ("theoretical", true), ("model_mix", false), ("list", true), ("free_channels", false), ("monetised", true),
        ("off_peak", false), ("scheduled", true), ("volume_tiers", false), ("tiered", true), ("contract", false),
        ("contracted", true), ("allowances", false), ("allowed", true),
    ]
    private static let ofMoney = [
        ("not_invoiced", false), ("rounding", false), ("invoiced", true), ("fees", false), ("commitments", false),
        ("other_months", false), ("tax", false), ("credits", false), ("billed", true), ("written_off", false),
        ("outstanding", false), ("collected", true),
    ]

    let sql: SQL

    init(from: Instant, until: Instant) {
        self.init(
            Self.ofUsage + [("billed", true)],
            "taximeter.waterfall_hourly WHERE hour >= \(from) AND hour < \(until) AND currency IS NOT NULL")
    }

    /// - Parameter month: The start of a UTC month.
    init(month: Instant) {
        self.init(
            Self.ofUsage + Self.ofMoney,
            "taximeter.waterfall_monthly WHERE month = \(month) AND currency IS NOT NULL")
    }

    private init(_ steps: [(name: String, isTotal: Bool)], _ source: SQL) {
        let rows = steps.enumerated().map { "(\($0 + 1), '\($1.name)', w.\($1.name))" }.joined(separator: ", ")
        sql = """
            SELECT s.name, s.amount::text, w.currency
            FROM (
                SELECT currency, \(unsafe: steps.map { "sum(\($0.name)) AS \($0.name)" }.joined(separator: ", "))
                FROM \(source) GROUP BY currency
            ) AS w, LATERAL (VALUES \(unsafe: rows)) AS s (position, name, amount)
            ORDER BY w.currency, s.position
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> WaterfallStep {
        let name = try row.get(0, as: String.self)
        return WaterfallStep(
            name: name, amount: try row.get(1), currency: try row.get(2),
            isTotal: (ofUsage + ofMoney).first { $0.name == name }?.isTotal ?? false)
    }
}

extension Store {
    /// From theoretical to billed revenue of the hours in `[from, until)`: steps and totals in order, currency by currency.
    public func waterfall(from: Instant, until: Instant) throws -> [WaterfallStep] {
        try transaction(as: .reader) { try $0.query(ReadWaterfall(from: from, until: until)) }
    }
}
