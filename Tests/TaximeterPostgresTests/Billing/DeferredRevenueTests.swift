import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Fees that are billed ahead: owed at once, earned when their period is billed.
@Suite struct DeferredRevenueTests {
    private let database: TestDatabase
    private let later: Instant

    init() throws {
        database = try TestDatabase()
        later = try instant("2027-01-02T00:00:00Z")
    }

    /// Account `a` pays 20 a month in advance, from January on.
    private func subscribe(until: String? = nil) throws {
        let plan = """
            plan: p
            currency: USD
            versions: [{from: 2025-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 20, due: in_advance}}]
            """
        _ = try database.store.load(try Plan.parse(plan, file: "plan"))
        let end = until.map { ", until: \($0)" } ?? ""
        let accounts = """
            accounts: [{account: a, subscriptions: [{plan: p, from: 2026-01-01T00:00:00Z\(end)}]}]
            """
        _ = try database.store.load(try AgreementFile.parse(accounts, file: "accounts").agreements)
    }

    private func balances() throws -> String {
        try database.psql(
            """
            SELECT string_agg(ledger_account || ' ' || trim_scale(balance), ', ' ORDER BY ledger_account)
            FROM taximeter.ledger_balance WHERE balance <> 0
            """)
    }

    private func transfers() throws -> [String] {
        try database.psql(
            """
            SELECT transfer_id, debit, credit, trim_scale(amount) FROM taximeter.ledger_transfer
            WHERE 'deferred_revenue' IN (debit, credit) ORDER BY transfer_id
            """
        ).split(separator: "\n").map(String.init)
    }

    @Test func overThreeMonthsAndAfterVoids() throws {
        try subscribe()
        let ahead = "deferred_revenue -20, "
        for (month, earned) in [("2026-01", 20), ("2026-02", 40), ("2026-03", 60)] {
            try database.bill(month)
            #expect(try balances() == ahead + "receivable \(earned + 20), revenue -\(earned)\n", "\(month)")
            #expect(try database.differences() == [])
        }
        let moved = [
            "INV-000001/deferred|receivable|deferred_revenue|20", "INV-000002/deferred|receivable|deferred_revenue|20",
            "INV-000002/recognised|deferred_revenue|revenue|20", "INV-000003/deferred|receivable|deferred_revenue|20",
            "INV-000003/recognised|deferred_revenue|revenue|20",
        ]
        #expect(try transfers() == moved)
        try database.store.voidInvoice("INV-000003", reason: "r", at: later)
        #expect(try balances() == ahead + "receivable 60, revenue -40\n")
        #expect(try database.differences() == [])
        // The invoice that billed February's fee, which was earned with February's own.
        try database.store.voidInvoice("INV-000001", reason: "r", at: later)
        #expect(try balances() == ahead + "receivable 20\n")
        #expect(try database.differences() == [])
        for month in ["2026-01", "2026-02", "2026-03"] { try database.bill(month) }
        #expect(try balances() == ahead + "receivable 80, revenue -60\n")
        #expect(try database.differences() == [])
    }

    /// A plan ends: its last fee is earned without an invoice, and no longer once the one that billed it is void.
    @Test func earnedWithoutAnInvoice() throws {
        try subscribe(until: "2026-03-01T00:00:00Z")
        try database.bill("2026-01")
        try database.bill("2026-02")
        #expect(try balances() == "receivable 40, revenue -40\n")
        #expect(try transfers().last == "recognised/2026-02-01T00:00:00Z/1|deferred_revenue|revenue|20")
        #expect(try database.differences() == [])
        for _ in 0..<2 {
            try database.store.voidInvoice(
                try database.psql("SELECT max(number) FROM taximeter.invoice").dropLast().description, reason: "r",
                at: later)
            #expect(try balances() == "\n")
            #expect(try database.differences() == [])
            for month in ["2026-01", "2026-02"] { try database.bill(month) }
            #expect(try balances() == "receivable 40, revenue -40\n")
            #expect(try database.differences() == [])
        }
    }

    /// What is changed in the transfers and their balances alike is found by what is billed ahead.
    @Test(arguments: [
        (
            "UPDATE taximeter.ledger_transfer SET credit = 'revenue' WHERE transfer_id = 'INV-000003/deferred'",
            "deferred: account a USD: expected 20; found 0"
        ),
        (
            "DELETE FROM taximeter.ledger_transfer WHERE transfer_id = 'INV-000003/recognised'",
            "deferred: account a USD: expected 20; found 40"
        ),
        (
            """
            INSERT INTO taximeter.ledger_transfer (
                account_key, transfer_id, kind, debit, credit, amount, currency, occurred_at)
            SELECT account_key, transfer_id || '/again', kind, debit, credit, amount, currency, occurred_at
            FROM taximeter.ledger_transfer WHERE transfer_id = 'INV-000003/recognised'
            """,
            "deferred: account a USD: expected 20; found 0"
        ),
    ])
    func theAuditFinds(_ damage: String, _ finding: String) throws {
        try subscribe()
        for month in ["2026-01", "2026-02", "2026-03"] { try database.bill(month) }
        #expect(try database.differences() == [])
        try database.psql(
            """
            SET session_replication_role = replica;
            \(damage);
            UPDATE taximeter.ledger_balance AS b SET balance = (
                SELECT coalesce(sum(CASE WHEN t.debit = b.ledger_account THEN t.amount ELSE -t.amount END), 0)
                FROM taximeter.ledger_transfer AS t
                WHERE t.account_key = b.account_key AND b.ledger_account IN (t.debit, t.credit))
            """)
        #expect(try database.differences() == [finding])
    }
}
