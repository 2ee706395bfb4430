import PostgresWire
import Taximeter

/// Notes that the usage of some periods is billed as it is now.
enum SettleBilled {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        UPDATE taximeter.account_period AS a SET billed_revision = a.revision, invoiced_amount = a.net_amount
        FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS p (account_key, period_start)
        WHERE a.account_key = p.account_key AND a.period_start = p.period_start
        """
    }
}

/// A period that cannot be billed.
struct ParkedPeriod {
    let row: AccountPeriod
    let reason: ParkReason
}

/// Notes why periods cannot be billed.
enum ParkPeriods {
    static func sql(_ parked: [ParkedPeriod], at now: Instant) -> SQL {
        let rows = parked.map(\.row)
        return """
            INSERT INTO taximeter.parked_period AS p (account_key, period_start, period_end, reason, detail, parked_at)
            SELECT n.account_key, n.period_start, n.period_end, n.reason, n.detail, \(now)
            FROM unnest(
                \(rows.map(\.accountKey)), \(rows.map { Timestamp($0.start) }), \(rows.map { Timestamp($0.end) }),
                \(parked.map(\.reason.code.rawValue)), \(parked.map(\.reason.detail)))
                AS n (account_key, period_start, period_end, reason, detail)
            ORDER BY 1, 2
            ON CONFLICT (account_key, period_start)
            DO UPDATE SET reason = excluded.reason, detail = excluded.detail, parked_at = excluded.parked_at
            """
    }
}

/// Takes periods out that were parked and are billed now.
enum UnparkPeriods {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        DELETE FROM taximeter.parked_period AS p
        USING unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS k (account_key, period_start)
        WHERE p.account_key = k.account_key AND p.period_start = k.period_start
        """
    }
}

/// Removes drafts that are to be made anew, or are final now.
enum RemoveDrafts {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        DELETE FROM taximeter.invoice_draft AS d
        USING unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS k (account_key, period_start)
        WHERE d.account_key = k.account_key AND d.period_start = k.period_start
        """
    }
}

/// Writes drafts.
enum InsertDrafts {
    static func sql(_ drafts: [(accountKey: Int64, invoice: Invoice)], at now: Instant) -> SQL {
        let invoices = drafts.map(\.invoice)
        return """
            INSERT INTO taximeter.invoice_draft AS d (
                account_key, period_start, period_end, currency, total, due, document, made_at)
            SELECT n.account_key, n.period_start, n.period_end, n.currency, n.total, n.due, n.document, \(now)
            FROM unnest(
                \(drafts.map(\.accountKey)), \(invoices.map { Timestamp($0.period.start) }),
                \(invoices.map { Timestamp($0.period.end) }), \(invoices.map(\.currency.code)),
                \(invoices.map { Numeric(units: $0.total.units) }), \(invoices.map { Numeric(units: $0.due.units) }),
                \(invoices.map(\.document)))
                AS n (account_key, period_start, period_end, currency, total, due, document)
            ORDER BY 1, 2
            ON CONFLICT (account_key, period_start) DO UPDATE SET
                period_end = excluded.period_end, currency = excluded.currency, total = excluded.total,
                due = excluded.due, document = excluded.document, made_at = excluded.made_at
            """
    }
}
