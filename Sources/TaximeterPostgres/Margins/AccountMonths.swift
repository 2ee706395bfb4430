import PostgresWire
import Taximeter

// `account_month` has what an account's UTC month came to, in one row. Whoever changes a row locks it until its transaction
// ends, so rows come in the order of their keys.

/// Sums a month of `margin_account_month` over models and channels. An account that has nothing left in it keeps its row,
/// for what was billed.
enum SumAccountMonth {
    static func sql(_ month: Instant) -> SQL {
        """
        WITH sums AS (
            SELECT account_key, currency, sum(output_tokens) AS output_tokens,
                sum(theoretical_amount) AS theoretical_amount, sum(list_amount) AS list_amount,
                sum(net_amount) AS net_amount,
                sum(cache_hit_cost + cache_miss_cost + cache_write_cost + cache_write_1h_cost + output_cost + idle_cost
                    + headroom_cost) AS cost
            FROM taximeter.margin_account_month
            WHERE month = \(month) AND account_key <> 0
            GROUP BY account_key, currency
            UNION ALL
            SELECT account_key, currency, 0, 0, 0, 0, NULL
            FROM taximeter.account_month AS m
            WHERE month = \(month) AND NOT EXISTS (
                SELECT FROM taximeter.margin_account_month AS s
                WHERE s.month = \(month) AND s.account_key = m.account_key AND s.currency = m.currency)
        )
        INSERT INTO taximeter.account_month AS m (
            account_key, month, currency, output_tokens, theoretical_amount, list_amount, net_amount, cost)
        SELECT account_key, \(month), currency, output_tokens, theoretical_amount, list_amount, net_amount, cost
        FROM sums ORDER BY 1, 3
        ON CONFLICT (account_key, month, currency) DO UPDATE SET
            output_tokens = excluded.output_tokens, theoretical_amount = excluded.theoretical_amount,
            list_amount = excluded.list_amount, net_amount = excluded.net_amount, cost = excluded.cost
        WHERE (m.output_tokens, m.theoretical_amount, m.list_amount, m.net_amount, m.cost) IS DISTINCT FROM (
            excluded.output_tokens, excluded.theoretical_amount, excluded.list_amount, excluded.net_amount, excluded.cost)
        """
    }
}

/// Adds what invoices say to the months, or takes it away again when one is voided.
enum KeepInvoicedMonths {
    static func sql(_ invoices: [(accountKey: Int64, number: String)], isVoid: Bool = false) -> SQL {
        """
        WITH chosen AS (
            SELECT i.account_key, i.number, i.period_start, i.period_end, i.currency, i.total, i.due
            FROM unnest(\(invoices.map(\.accountKey)), \(invoices.map(\.number))) AS n (account_key, number)
            INNER JOIN taximeter.invoice AS i ON i.account_key = n.account_key AND i.number = n.number
        ), parts AS (
            SELECT l.account_key, taximeter.month_of(l.period_start, l.period_end) AS month, c.currency,
                CASE WHEN l.kind = 'usage' THEN l.exact_amount ELSE 0 END AS invoiced_exact,
                CASE WHEN l.kind = 'usage' THEN l.amount ELSE 0 END AS invoiced,
                CASE WHEN l.kind IN ('recurring_fee', 'committed_volume') THEN l.amount ELSE 0 END AS fees,
                CASE WHEN l.kind IN ('minimum', 'maximum') THEN l.amount ELSE 0 END AS commitments,
                CASE WHEN l.kind = 'tax' THEN l.amount ELSE 0 END AS tax, 0 AS total, 0 AS due
            FROM chosen AS c
            INNER JOIN taximeter.invoice_line AS l ON l.account_key = c.account_key AND l.number = c.number
            UNION ALL
            SELECT account_key, taximeter.month_of(period_start, period_end), currency, 0, 0, 0, 0, 0, total, due
            FROM chosen
        )
        INSERT INTO taximeter.account_month AS m (
            account_key, month, currency, invoiced_exact, invoiced, fees, commitments, tax, total, due)
        SELECT account_key, month, currency, sum(invoiced_exact) * f, sum(invoiced) * f, sum(fees) * f,
            sum(commitments) * f, sum(tax) * f, sum(total) * f, sum(due) * f
        FROM parts, (SELECT \(isVoid ? -1 : 1 as Int32)::numeric AS f) AS sign
        GROUP BY account_key, month, currency, f ORDER BY 1, 2, 3
        ON CONFLICT (account_key, month, currency) DO UPDATE SET
            invoiced_exact = m.invoiced_exact + excluded.invoiced_exact, invoiced = m.invoiced + excluded.invoiced,
            fees = m.fees + excluded.fees, commitments = m.commitments + excluded.commitments,
            tax = m.tax + excluded.tax, total = m.total + excluded.total, due = m.due + excluded.due
        """
    }
}

/// Adds payments and write-offs to the month of the invoice that they name, or to their own, or takes away what a void
/// reverses.
enum KeepCollectedMonths {
    static func sql(_ transfers: [(accountKey: Int64, transfer: LedgerTransfer)]) -> SQL {
        let moved = transfers.map(\.transfer)
        func amounts(_ kind: LedgerTransfer.Kind) -> [Numeric] {
            moved.map {
                let sign: Int128 = $0.kind != kind ? 0 : $0.credit == .receivable ? 1 : -1
                return Numeric(units: sign * $0.amount.units)
            }
        }
        return """
            INSERT INTO taximeter.account_month AS m (account_key, month, currency, written_off, collected)
            SELECT t.account_key,
                coalesce(taximeter.month_of(i.period_start, i.period_end), date_trunc('month', t.occurred_at, 'UTC')),
                t.currency, sum(t.written_off), sum(t.collected)
            FROM unnest(
                \(transfers.map(\.accountKey)), \(moved.map { Timestamp($0.occurredAt) }),
                \(moved.map(\.amount.currency.code)), \(moved.map { $0.invoice ?? "" }), \(amounts(.writeOff)),
                \(amounts(.payment))) AS t (account_key, occurred_at, currency, number, written_off, collected)
            LEFT JOIN taximeter.invoice AS i ON i.account_key = t.account_key AND i.number = t.number
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (account_key, month, currency) DO UPDATE SET
                written_off = m.written_off + excluded.written_off, collected = m.collected + excluded.collected
            """
    }
}
