import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres

/// From rated usage to final invoices, for a growing number of accounts, next to one hand-written INSERT … SELECT that
/// rounds the same lines and adds them up: no ledger, no chain, no adjustments.
struct BillingBenchmark {
    let options: ConnectionOptions
    /// Lines an account: four models, three classes.
    static let linesPerAccount = 12

    init(_ options: ConnectionOptions) { self.options = options }

    func run() throws {
        let store = Store(options)
        let connection = try Connection.open(options)
        let month = BillingMonth("2026-01")
        guard let month, let now = Instant(rfc3339: "2026-03-01T00:00:00Z") else { return }
        print("billing: rated usage of \(Self.linesPerAccount) lines an account to final invoices")
        var first: (accounts: Int, seconds: Double)?
        var known = 0
        for accounts in [6_250, 25_000, 100_000] {
            // Accounts of the sizes before are billed already: only the new ones have something to bill.
            try prepare(from: known, count: accounts, connection)
            known += accounts
            let clock = ContinuousClock()
            var options = BillOptions()
            options.finalizes = true
            let start = clock.now
            let summary = try store.bill(month, options, at: now)
            let seconds = Self.seconds(clock.now - start)
            let plainStart = clock.now
            try plainBill(connection, last: accounts)
            let plain = Self.seconds(clock.now - plainStart)
            let invoices = summary.sums.values.reduce(0) { $0 + $1.invoices }
            let growth = first.map { seconds / $0.seconds / (Double(accounts) / Double($0.accounts)) } ?? 1
            print(
                "  \(invoices) invoices in \(Self.tenths(seconds)) s; plain SQL \(Self.tenths(plain)) s; "
                    + "\(Self.tenths(growth)) × the first size's time an invoice; peak memory \(Self.peakMemory()) MiB")
            if first == nil { first = (accounts, seconds) }
        }
        let audit = try store.auditInvoices { print("  \($0)") }
        let ledger = try store.auditLedger { print("  \($0)") }
        print("  audits: \(audit.differences + ledger) differences in \(audit.totals.lines) lines")
        if audit.differences + ledger > 0 { throw Workload.OutOfRange() }
    }

    private func prepare(from start: Int, count: Int, _ connection: Connection) throws {
        try connection.runScript(
            """
            INSERT INTO taximeter.account (external_id)
            SELECT 'bench-' || n FROM generate_series(\(start + 1), \(start + count)) AS n;
            INSERT INTO taximeter.usage_line (account_key, period_start, line_id, segment_start, price_book, model,
                version_from, channel, service_tier, token_class, tokens, charged_tokens, unit_price, fees, list_amount,
                net_amount, currency)
            SELECT a.account_key, '2026-01-01Z', '2026-01-01T00:00:00Z/-/list/model-' || m || '/2025-01-01T00:00:00Z/api/'
                    || 'standard/-/-/' || c.name || '/-/-', '2026-01-01Z', 'list', 'model-' || m, '2025-01-01Z', 'api',
                'standard', c.name, u.tokens, u.tokens, c.price, 0, u.tokens * c.price, u.tokens * c.price, 'USD'
            FROM taximeter.account AS a
            CROSS JOIN generate_series(1, 4) AS m
            CROSS JOIN (VALUES ('cache_hit', 0.000000014), ('cache_miss', 0.00000014), ('output', 0.00000056))
                AS c (name, price)
            CROSS JOIN LATERAL (SELECT 1000000 + a.account_key * 7919 % 9000000 + m AS tokens) AS u
            WHERE split_part(a.external_id, '-', 2)::integer > \(start);
            INSERT INTO taximeter.account_period (account_key, period_start, period_end, stale, revision, currency, net_amount)
            SELECT account_key, '2026-01-01Z', '2026-02-01Z', false, 1, 'USD', sum(net_amount)
            FROM taximeter.usage_line AS u
            WHERE NOT EXISTS (SELECT FROM taximeter.account_period AS p WHERE p.account_key = u.account_key)
            GROUP BY 1;
            ANALYZE taximeter.usage_line; ANALYZE taximeter.account_period; CHECKPOINT
            """)
    }

    private func plainBill(_ connection: Connection, last accounts: Int) throws {
        try connection.runScript(
            """
            CREATE TEMP TABLE plain_line AS
            SELECT account_key, line_id, net_amount, round(net_amount, 2) AS amount FROM taximeter.usage_line
            WHERE account_key > (SELECT max(account_key) - \(accounts) FROM taximeter.account);
            CREATE TEMP TABLE plain_invoice AS
            SELECT account_key, row_number() OVER (ORDER BY account_key) AS number, sum(amount) AS total
            FROM plain_line GROUP BY account_key;
            DROP TABLE plain_line, plain_invoice
            """)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    private static func tenths(_ value: Double) -> String {
        let rounded = Int((value * 10).rounded())
        return "\(rounded / 10).\(rounded % 10)"
    }

    /// The most memory that this process had so far; what prepared the data is the server's.
    private static func peakMemory() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { $0.split(whereSeparator: { !$0.isNumber }).first }.flatMap { Int($0) }.map { $0 / 1_024 }
            ?? 0
    }
}
