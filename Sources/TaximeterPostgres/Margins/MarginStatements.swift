import PostgresWire
import Taximeter

/// Marks days whose charges, costs or policies this transaction changes.
enum MarkMarginDays {
    static func sql(_ days: some Collection<Instant>) -> SQL {
        """
        INSERT INTO taximeter.margin_dirty (day, marker)
        SELECT d.day, pg_current_xact_id() FROM unnest(\(days.sorted().map(Timestamp.init))) AS d (day)
        ON CONFLICT DO NOTHING
        """
    }

    /// All days with margins from an instant on: what a policy speaks of.
    static func sql(from: Instant) -> SQL {
        let day = from.floored(toMicroseconds: Instant.day)
        return """
            INSERT INTO taximeter.margin_dirty (day, marker)
            SELECT DISTINCT date_trunc('day', h.hour, 'UTC'), pg_current_xact_id()
            FROM taximeter.margin_hour AS h WHERE h.hour >= \(day)
            ON CONFLICT DO NOTHING
            """
    }
}

/// Days, or months, whose margins are not what charges, costs and policies say.
struct ReadDirtyMargins: Statement {
    let grain: MarginGrain

    var sql: SQL {
        "SELECT DISTINCT \(unsafe: grain.column) FROM taximeter.\(unsafe: grain.marks) ORDER BY 1"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Instant { try row.instant(0) }
}

/// What is computed in one transaction, under a lock and marks of its own.
enum MarginGrain: String {
    case day, month

    var column: String { rawValue }
    var marks: String { self == .day ? "margin_dirty" : "margin_dirty_month" }

    /// Waits for whoever computes the same, until the end of the transaction.
    func lock(_ start: Instant, _ connection: Connection) throws {
        try connection.execute(
            """
            SELECT pg_advisory_xact_lock(hashtextextended(\("taximeter.\(marks)"), \(start.day)))
            """)
    }

    /// Waits for whoever computes the same, and then takes the marks away. What is read in a later statement of the
    /// transaction has all that the marks speak of; what is committed after that leaves marks of its own.
    func take(_ start: Instant, _ connection: Connection) throws {
        try lock(start, connection)
        try connection.execute(
            "DELETE FROM taximeter.\(unsafe: marks) WHERE \(unsafe: column) = \(start)")
    }
}

/// The accounts with charges in a range of time, in order of their ids.
struct ReadChargedAccounts: Statement {
    let range: Range<Instant>

    var sql: SQL {
        """
        SELECT a.account_key FROM taximeter.account AS a CROSS JOIN LATERAL (
            SELECT FROM taximeter.charge AS c
            WHERE c.account_key = a.account_key AND c.slot_start >= \(range.lowerBound)
                AND c.slot_start < \(range.upperBound)
            LIMIT 1) AS c
        ORDER BY a.external_id
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// The charges of a range of time, by their slots. Charges are kept by account, and each account's by time: so they are
/// looked up account by account, and never by reading those of other times.
struct ReadChargesByTime: Statement {
    struct Row {
        let slotStart: Instant
        let key: MarginKey
        let sums: MarginSums
    }

    let range: Range<Instant>

    var sql: SQL {
        let sums = (BucketRow.sums + MarginSums.amounts).joined(separator: ", ")
        return """
            SELECT c.* FROM taximeter.account AS a CROSS JOIN LATERAL (
                SELECT slot_start, account_key, model_key, channel_key, currency, \(unsafe: sums)
                FROM taximeter.charge AS c
                WHERE c.account_key = a.account_key AND c.slot_start >= \(range.lowerBound)
                    AND c.slot_start < \(range.upperBound)
                OFFSET 0) AS c
            ORDER BY c.slot_start
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        var currency: Currency?
        if let code = try row.get(4, as: String?.self) { currency = try ReadCostLines.currency(code) }
        return Row(
            slotStart: try row.instant(0),
            key: MarginKey(
                accountKey: try row.get(1), modelKey: try row.get(2), channelKey: try row.get(3), currency: currency),
            sums: try MarginSums(row, from: 5))
    }
}

/// What nodes cost in the hours of a range.
struct ReadCostLines: Statement {
    struct Row {
        let hour: Instant
        let model: Identifier?
        let line: CostAllocator.Line
    }

    let range: Range<Instant>

    var sql: SQL {
        """
        SELECT hour, nullif(model, ''), phase, use, currency, taximeter.total(node_microseconds), sum(cost)
        FROM taximeter.gpu_cost_hourly
        WHERE hour >= \(range.lowerBound) AND hour < \(range.upperBound) AND use <> 'lent'
        GROUP BY hour, model, phase, use, currency ORDER BY hour, model, phase, use, currency
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let (phase, use) = try CostKind.decode(row, 2)
        let currency = try currency(row.get(4))
        return Row(
            hour: try row.instant(0), model: try row.optionalIdentifier(1),
            line: CostAllocator.Line(
                model: nil, phase: phase, use: use, nodeMicroseconds: try row.get(5),
                cost: Money(units: try row.units(6), currency)))
    }

    static func currency(_ code: String) throws(PostgresError) -> Currency {
        guard let currency = Currency(code: code) else { throw .badValue("currency", code) }
        return currency
    }
}

/// Gives keys to models that nodes were assigned to and no request has named.
enum InsertCostModels {
    static func sql(_ range: Range<Instant>) -> SQL {
        """
        INSERT INTO taximeter.model (name)
        SELECT DISTINCT c.model FROM taximeter.gpu_cost_hourly AS c
        WHERE c.hour >= \(range.lowerBound) AND c.hour < \(range.upperBound) AND c.model <> ''
            AND NOT EXISTS (SELECT FROM taximeter.model AS m WHERE m.name = c.model)
        ON CONFLICT DO NOTHING
        """
    }
}

/// Keeps the sums of a month by account, through the rows of its days. The caller holds the month's lock.
enum KeepMarginMonth {
    static func sql(_ change: Change, _ day: Instant, month: Instant) -> SQL {
        let keys = "account_key, model_key, channel_key, currency"
        let columns = MarginSums.columns.joined(separator: ", ")
        let sign = change == .take ? "-" : ""
        let values = MarginSums.columns.map { sign + $0 }.joined(separator: ", ")
        let sums =
            (MarginSums.counts + MarginSums.amounts + ["days", "costed_days"]).map {
                "\($0) = m.\($0) + excluded.\($0)"
            }
            + MarginSums.costs.map { cost in
                """
                \(cost) = CASE WHEN m.costed_days + excluded.costed_days > 0
                    THEN coalesce(m.\(cost), 0) + coalesce(excluded.\(cost), 0) END
                """
            }
        return """
            WITH rows AS (\(unsafe: change.rawValue) FROM taximeter.margin_account_day WHERE day = \(day)\
            \(unsafe: change == .take ? " RETURNING *" : ""))
            INSERT INTO taximeter.margin_account_month AS m (
                month, \(unsafe: keys), \(unsafe: columns), days, costed_days)
            SELECT \(month), \(unsafe: keys), \(unsafe: values), \(unsafe: sign)1,
                \(unsafe: sign)num_nonnulls(output_cost)
            FROM rows ORDER BY \(unsafe: keys)
            ON CONFLICT (account_key, month, model_key, channel_key, currency) DO UPDATE SET
                \(unsafe: sums.joined(separator: ", "))
            """
    }

    /// What happens to a day's rows.
    enum Change: String {
        /// They are removed, and taken out of their month.
        case take = "DELETE"
        /// They are there, and added to their month.
        case add = "SELECT *"
    }
}

/// Writes rows of `margin_hour` or `margin_account_day`, through binary COPY.
enum CopyMargins {
    /// Those of an hour, for all accounts together.
    static func write(_ hour: Instant, _ table: MarginSumTable, _ connection: Connection) throws {
        try write("margin_hour", "hour", table, connection) { key, writer in try writer.append(Timestamp(hour)) }
    }

    /// Those of a day, by account.
    static func write(day: Instant, _ table: MarginSumTable, _ connection: Connection) throws {
        try write("margin_account_day", "account_key, day", table, connection) { key, writer in
            writer.append(key.accountKey)
            try writer.append(Timestamp(day))
        }
    }

    private static func write(
        _ name: String, _ leading: String, _ table: MarginSumTable, _ connection: Connection,
        _ lead: (MarginKey, inout CopyWriter) throws -> Void
    ) throws {
        let count = leading.split(separator: ",").count + 3 + MarginSums.columns.count
        let copy: SQL = """
            COPY taximeter.\(unsafe: name) (\(unsafe: leading), model_key, channel_key, currency,
            \(unsafe: MarginSums.columns.joined(separator: ", "))) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for (key, sums) in table.rows {
                try writer.beginRow(columns: count)
                try lead(key, &writer)
                writer.append(int32: key.modelKey)
                writer.append(int32: key.channelKey)
                try writer.append(key.currency?.code ?? "")
                try sums.append(to: &writer)
            }
        }
    }
}
