import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// A store in which accounts have credits and rated periods, as jobs would leave them.
struct CreditBench {
    let database: TestDatabase
    var store: Store { database.store }

    init() throws { database = try TestDatabase() }

    /// Grants credits.
    @discardableResult
    func grant(
        _ id: String, _ amount: String, kind: CreditGrant.Kind = .toppedUp, account: String = "acme",
        from: String = "2025-01-01T00:00:00Z", until: String? = nil, models: [String] = [], channels: [String] = [],
        currency: Currency = .usd, at now: String = "2026-01-02T00:00:00Z"
    ) throws -> GrantAnswer {
        let effective = try #require(EffectivePeriod(from: instant(from), until: until.map { try instant($0) }))
        return try store.grant(
            CreditGrant(
                account: Identifier(account), id: Identifier(id), kind: kind, amount: Money(amount, currency),
                effective: effective, models: Set(models.map { try Identifier($0) }),
                channels: Set(channels.map { try Identifier($0) })), at: instant(now))
    }

    /// Has a month of an account come to an amount, as rating would; `billed` says how much of it is invoiced.
    func period(
        _ month: String, _ net: String, billed: String? = nil, account: String = "acme", currency: String = "USD"
    ) throws {
        try database.psql(
            """
            INSERT INTO taximeter.account (external_id) VALUES ('\(account)') ON CONFLICT DO NOTHING;
            INSERT INTO taximeter.account_period AS p (
                account_key, period_start, period_end, stale, revision, currency, net_amount, billed_revision,
                invoiced_amount)
            SELECT account_key, '\(month)-01 00:00+00', timestamptz '\(month)-01 00:00+00' + interval '1 month', false, 1,
                '\(currency)', \(net), \(billed == nil ? "NULL" : "1"), \(billed ?? "0")
            FROM taximeter.account WHERE external_id = '\(account)'
            ON CONFLICT (account_key, period_start) DO UPDATE SET
                revision = p.revision + 1, net_amount = excluded.net_amount, currency = excluded.currency,
                billed_revision = CASE WHEN excluded.billed_revision IS NOT NULL THEN p.revision + 1 END,
                invoiced_amount = excluded.invoiced_amount;
            SELECT taximeter.keep_balances(array_agg(account_key)) FROM taximeter.account WHERE external_id = '\(account)'
            """)
    }

    /// What an account has at an instant, in the middle of January 2026 unless it says when.
    func balance(_ account: String = "acme", at now: String = "2026-01-15T00:00:00Z") throws -> Balance? {
        try store.balance(of: Identifier(account), at: instant(now))
    }

    /// Every row of the ledger, without its times.
    func ledger() throws -> String {
        try database.psql(
            """
            SELECT a.external_id, t.transfer_id, t.kind, t.debit, t.credit, trim_scale(t.amount), t.currency, t.grant_id
            FROM taximeter.ledger_transfer AS t JOIN taximeter.account AS a USING (account_key) ORDER BY 1, 2
            """)
    }

    /// Differences that the audit finds, a line each.
    func audit() throws -> String { try database.psql("SELECT * FROM taximeter.credit_audit ORDER BY 1, 2") }

    /// The outbox, a line an event.
    func outbox() throws -> [String] {
        try store.readOutbox().map { "\($0.account) \($0.sequence) \($0.kind) \($0.payload)" }
    }
}

/// An amount in dollars.
func usd(_ text: String) throws -> Money { try Money(text, .usd) }
