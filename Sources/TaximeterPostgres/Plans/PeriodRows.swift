import PostgresWire
import Taximeter

/// The rows of account_period, when what makes periods changes: a subscription, a zone, a plan's cycle.
struct PeriodRows {
    /// What an account's calendar was, and what it becomes.
    struct Change {
        let accountKey: Int64
        let account: Identifier
        let old: BillingCalendar
        let new: BillingCalendar
    }

    let connection: Connection

    /// Makes the stored periods those of the new calendars, and has those rated again in which another plan holds now.
    ///
    /// - Returns: How many periods the next run rates.
    /// - Throws: ``StoreError`` when a period that was billed would get other bounds.
    func apply(_ changes: [Change]) throws -> Int {
        if changes.isEmpty { return 0 }
        let rows = try connection.query(ReadPeriods(accountKeys: changes.map(\.accountKey)))
        let stored = Dictionary(grouping: rows, by: \.period.accountKey)
        let ahead = Dictionary(
            grouping: try connection.query(ReadPeriodsBilledAhead(accountKeys: changes.map(\.accountKey))),
            by: \.accountKey)
        var (removed, added, stale): ([AccountPeriod], [AccountPeriod], [AccountPeriod]) = ([], [], [])
        for change in changes {
            var fresh: Set<BillingPeriod> = []
            // After a period that is no longer, what was used of lifetime allowances may be another.
            for row in stored[change.accountKey] ?? [] {
                let bounds = row.bounds
                if change.new.period(containing: bounds.start) == bounds {
                    let isKept = fresh.isEmpty && change.old.holds(the: change.new, in: bounds)
                    if !isKept { stale.append(row.period) }
                    continue
                }
                if row.isBilled {
                    throw StoreError(
                        .plans,
                        "account \(change.account): the period \(bounds) was billed, so its bounds cannot change any "
                            + "more; change what holds from its end on")
                }
                if let invoice = row.adjustedBy {
                    throw StoreError(
                        .plans,
                        "account \(change.account): invoice \(invoice) adjusts the period \(bounds), so its bounds cannot "
                            + "change; void that invoice first, or change what holds from the period's end on")
                }
                removed.append(row.period)
                fresh.formUnion(change.new.periods(in: bounds.range))
            }
            // With a row, a period that was billed ahead and has no plan any more is billed all the same, which gives back what
            // is not due.
            let paid = (ahead[change.accountKey] ?? []).map { change.new.period(containing: $0.start) }
            fresh.formUnion(paid.filter { !change.new.hasPlan(in: $0) })
            added += fresh.sorted().map { AccountPeriod(accountKey: change.accountKey, start: $0.start, end: $0.end) }
        }
        if !removed.isEmpty { try connection.execute(RemovePeriods.sql(removed)) }
        if !added.isEmpty { try connection.execute(AddPeriods.sql(added)) }
        if !stale.isEmpty { try connection.execute(StalePeriods.sql(stale)) }
        return added.count + stale.count
    }
}

/// The periods without a row of which invoices of earlier periods have billed something.
struct ReadPeriodsBilledAhead: Statement {
    let accountKeys: [Int64]

    var sql: SQL {
        """
        SELECT DISTINCT l.account_key, l.period_start FROM taximeter.standing_lines AS l
        INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
        WHERE l.account_key = ANY(\(accountKeys)) AND l.period_start >= i.period_end
            AND NOT EXISTS (
                SELECT FROM taximeter.account_period AS p
                WHERE p.account_key = l.account_key AND p.period_start = l.period_start)
        ORDER BY 1, 2
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> PeriodKey {
        PeriodKey(accountKey: try row.get(0), start: try row.instant(1))
    }
}

/// The stored periods of some accounts, locked.
struct ReadPeriods: Statement {
    struct Row {
        let period: AccountPeriod
        let bounds: BillingPeriod
        let isBilled: Bool
        /// The first standing invoice of a later period that has lines of it.
        let adjustedBy: String?
    }

    let accountKeys: [Int64]

    var sql: SQL {
        """
        SELECT p.account_key, p.period_start, p.period_end, p.billed_revision IS NOT NULL, (
            SELECT l.number FROM taximeter.standing_lines AS l
            INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
            WHERE p.billed_revision IS NULL AND l.account_key = p.account_key AND l.period_start = p.period_start
                AND i.period_start > p.period_start
            ORDER BY i.chain_position LIMIT 1)
        FROM taximeter.account_period AS p
        WHERE p.account_key = ANY(\(accountKeys)) ORDER BY p.account_key, p.period_start FOR UPDATE OF p
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let period = AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
        guard let bounds = BillingPeriod(start: period.start, end: period.end) else {
            throw .badValue("period_end", "\(period.end)")
        }
        return Row(period: period, bounds: bounds, isBilled: try row.get(3), adjustedBy: try row.get(4))
    }
}

/// Removes periods that are no longer, with what rating wrote under their starts, their drafts, and why they were parked;
/// charges stay with their slots.
enum RemovePeriods {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        let keys: SQL = """
            SELECT * FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }))
            """
        return """
            WITH gone (account_key, period_start) AS (\(keys)), lines AS (
                DELETE FROM taximeter.usage_line AS l USING gone AS g
                WHERE l.account_key = g.account_key AND l.period_start = g.period_start
            ), uses AS (
                DELETE FROM taximeter.allowance_use AS u USING gone AS g
                WHERE u.account_key = g.account_key AND u.period_start = g.period_start
            ), drafts AS (
                DELETE FROM taximeter.invoice_draft AS d USING gone AS g
                WHERE d.account_key = g.account_key AND d.period_start = g.period_start
            ), parked AS (
                DELETE FROM taximeter.parked_period AS k USING gone AS g
                WHERE k.account_key = g.account_key AND k.period_start = g.period_start
            )
            DELETE FROM taximeter.account_period AS p USING gone AS g
            WHERE p.account_key = g.account_key AND p.period_start = g.period_start
            """
    }
}

/// Adds periods that take the place of others, to be rated. Until then they have come to what is charged by now: balances and
/// limits must not forget it.
enum AddPeriods {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        INSERT INTO taximeter.account_period AS p (
            account_key, period_start, period_end, stale, currency, net_amount)
        SELECT n.account_key, n.period_start, n.period_end, true, c.currency, coalesce(c.net_amount, 0)
        FROM unnest(
            \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }), \(periods.map { Timestamp($0.end) }))
            AS n (account_key, period_start, period_end)
        CROSS JOIN LATERAL (
            SELECT max(h.currency) AS currency, sum(h.net_amount) AS net_amount FROM taximeter.charge AS h
            WHERE h.account_key = n.account_key AND h.slot_start >= n.period_start AND h.slot_start < n.period_end
        ) AS c
        ORDER BY 1, 2
        """
    }
}

/// Has periods rated, whether they are stored yet or not.
enum StalePeriods {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        INSERT INTO taximeter.account_period AS p (account_key, period_start, period_end, stale)
        SELECT n.account_key, n.period_start, n.period_end, true
        FROM unnest(
            \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }), \(periods.map { Timestamp($0.end) }))
            AS n (account_key, period_start, period_end)
        ORDER BY 1, 2
        ON CONFLICT (account_key, period_start) DO UPDATE SET stale = true,
            -- Fees may differ where the lines of usage do not: a billed period is held against its invoices again.
            billed_revision = CASE WHEN p.billed_revision IS NOT NULL THEN -1 END
        """
    }
}
