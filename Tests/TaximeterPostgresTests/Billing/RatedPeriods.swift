import Foundation
import Synchronization
import TestKit
import Testing

@testable import Taximeter
@testable import TaximeterPostgres

/// Periods as the rater leaves them, written without events: for tests of what comes after rating.
extension TestDatabase {
    /// Gives an account's month the usage of these tokens a model at a price for one, in place of what it had.
    func rate(
        _ account: String, _ month: String, _ usage: [(model: String, tokens: Int64)], at price: String = "0.001",
        currency: Currency = .usd, unpriced: Int64 = 0
    ) throws {
        try psql(Self.rating(account, month, usage, at: price, currency: currency, unpriced: unpriced))
    }

    /// The statements that do so: of many accounts at once they are one script.
    static func rating(
        _ account: String, _ month: String, _ usage: [(model: String, tokens: Int64)], at price: String = "0.001",
        currency: Currency = .usd, unpriced: Int64 = 0
    ) throws -> String {
        let period = BillingPeriod(containing: try instant("\(month)-01T00:00:00Z"))
        let price = try Money(price, currency)
        var rows: [String] = []
        var net = Money.zero(currency)
        for (model, tokens) in usage {
            let key = UsageLine.Key(
                segmentStart: period.start, plan: nil, priceBook: try Identifier("list"), model: try Identifier(model),
                versionFrom: period.start, channel: try Identifier("api"), serviceTier: try Identifier("standard"),
                band: nil, schedule: nil, tokenClass: .output, tier: nil, allowance: nil)
            let line = UsageLine(
                key: key, tokens: tokens, chargedTokens: tokens, unitPrice: UnitPrice(unitsPerToken: price.units),
                fees: .zero(currency), list: try price * tokens, net: try price * tokens)
            net = try net + line.net
            rows.append(
                """
                ((SELECT account_key FROM taximeter.account WHERE external_id = '\(account)'), '\(period.start)', \
                '\(line.id)', '\(period.start)', 'list', '\(model)', '\(period.start)', 'api', 'standard', 'output', \
                \(tokens), \(tokens), \(price.decimalText), 0, \(line.net.decimalText), \(line.net.decimalText), \
                '\(currency)')
                """)
        }
        let insert = """
            INSERT INTO taximeter.usage_line (account_key, period_start, line_id, segment_start, price_book, model,
                version_from, channel, service_tier, token_class, tokens, charged_tokens, unit_price, fees, list_amount,
                net_amount, currency)
            VALUES \(rows.joined(separator: ","));
            """
        return """
            INSERT INTO taximeter.account (external_id) VALUES ('\(account)') ON CONFLICT DO NOTHING;
            BEGIN;
            INSERT INTO taximeter.account_period AS p (account_key, period_start, period_end, stale, revision, currency,
                net_amount, unpriced_events)
            SELECT account_key, '\(period.start)', '\(period.end)', false, 1, '\(currency)', \(net.decimalText), \(unpriced)
            FROM taximeter.account WHERE external_id = '\(account)'
            ON CONFLICT (account_key, period_start) DO UPDATE SET revision = p.revision + 1, currency = excluded.currency,
                net_amount = excluded.net_amount, unpriced_events = excluded.unpriced_events;
            DELETE FROM taximeter.usage_line WHERE period_start = '\(period.start)'
                AND account_key = (SELECT account_key FROM taximeter.account WHERE external_id = '\(account)');
            \(rows.isEmpty ? "" : insert)
            SELECT taximeter.keep_balances(array_agg(account_key)) FROM taximeter.account WHERE external_id = '\(account)';
            COMMIT;
            """
    }

    /// Bills a month, far after its end; a few accounts a transaction, so that runs of few accounts have many.
    @discardableResult
    func bill(
        _ month: String, finalize: Bool = true, store: Store? = nil,
        _ change: (inout BillOptions) -> Void = { _ in }, progress: (RunProgress) -> Void = { _ in }
    ) throws -> BillSummary {
        var options = BillOptions()
        options.finalizes = finalize
        options.accountsPerTransaction = 7
        change(&options)
        return try (store ?? self.store).bill(
            #require(BillingMonth(month)), options, at: instant("2026-11-01T00:00:00Z"), progress: progress)
    }

    /// Bills an account's January 2025 on a thread of its own, with some statements of the run late, while something else
    /// happens.
    ///
    /// - Parameter meanwhile: May wait until so many of the faults have struck, or the run has ended.
    func bill(
        _ account: Identifier, through slow: Store, _ proxy: FaultProxy, late faults: [FaultProxy.Fault],
        meanwhile: (_ untilStruck: (Int) -> Void) throws -> Void
    ) throws {
        let struck = proxy.struck
        proxy.arm(faults)
        let outcome = Mutex(Result<Void, any Error>?.none)
        Thread.detachNewThread {
            let result = Result {
                _ = try bill("2025-01", store: slow) { options in
                    options.workers = 1
                    options.accounts = [account]
                }
            }
            outcome.withLock { $0 = result }
        }
        func isRunning() -> Bool { outcome.withLock { $0 == nil } }
        try meanwhile { count in while proxy.struck < struck + count, isRunning() { usleep(500) } }
        while isRunning() { usleep(500) }
        try outcome.withLock { try $0?.get() }
    }

    /// Every difference that the audits of invoices and the ledger find.
    func differences() throws -> [String] {
        var found: [String] = []
        _ = try store.auditInvoices { found.append("\($0)") }
        _ = try store.auditLedger { found.append("\($0)") }
        return found
    }

    /// What the audits of events, invoices and the ledger find.
    func everyDifference() throws -> [String] {
        var found = try differences()
        _ = try store.auditEvents { found.append("\($0)") }
        return found
    }

    /// Numbers, accounts and totals of final invoices.
    func invoices() throws -> String {
        try psql(
            """
            SELECT number, account, kind, state, trim_scale(total), currency FROM taximeter.invoices ORDER BY number, account
            """)
    }
}
