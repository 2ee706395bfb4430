import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Whatever a superuser does to what is final is found, and named.
@Suite struct InvoiceAuditTests {
    private static func prepare() throws -> TestDatabase {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 333), ("n", 1_000)])
        try database.rate("b", "2026-01", [("m", 1_000)])
        try database.bill("2026-01")
        try database.rate("a", "2026-01", [("m", 666), ("n", 1_000)])
        try database.bill("2026-02")
        try database.store.voidInvoice("INV-000002", reason: "r", at: instant("2027-01-02T00:00:00Z"))
        return database
    }

    @Test(arguments: [
        (
            "UPDATE taximeter.invoice SET document = replace(document, '0.333', '0.332') WHERE number = 'INV-000001'",
            ["chain: account a INV-000001: expected a document as its hash says"]
        ),
        (
            "UPDATE taximeter.invoice_void SET document = replace(document, '\"r\"', '\"s\"')",
            ["chain: account b void of INV-000002"]
        ),
        ("UPDATE taximeter.invoice_void SET reason = 's'", ["document: account b void of INV-000002"]),
        (
            "UPDATE taximeter.invoice_void SET voided_at = voided_at + interval '1 microsecond'",
            ["document: account b void of INV-000002"]
        ),
        (
            "UPDATE taximeter.invoice_void SET reason = number",
            ["document: account b void of INV-000002"]
        ),
        (
            "UPDATE taximeter.invoice SET total = 9 WHERE number = 'INV-000003'",
            [
                "document: account a INV-000003", "total: account a INV-000003", "invoice: account a INV-000003",
                "month: account a 2026-02 USD",
            ]
        ),
        (
            "UPDATE taximeter.invoice_line SET amount = 9 WHERE number = 'INV-000003'",
            ["line: account a INV-000003 line 1", "total: account a INV-000003", "month: account a 2026-01 USD"]
        ),
        (
            "UPDATE taximeter.invoice_line SET exact_amount = 9 WHERE number = 'INV-000003'",
            [
                "line: account a INV-000003 line 1", "usage: account a period", "period: account a period",
                "month: account a",
            ]
        ),
        (
            "UPDATE taximeter.invoice_line SET plan = 'x' WHERE number = 'INV-000003'",
            ["line: account a INV-000003 line 1"]
        ),
        (
            "UPDATE taximeter.invoice_line SET service_tier = 'batch' WHERE number = 'INV-000003'",
            ["line: account a INV-000003 line 1"]
        ),
        (
            "UPDATE taximeter.invoice_line SET version_from = '2020-01-01Z' WHERE number = 'INV-000003'",
            ["line: account a INV-000003 line 1"]
        ),
        (
            "UPDATE taximeter.invoice_line SET quantity = 9 WHERE number = 'INV-000003'",
            ["line: account a", "usage: account a"]
        ),
        (
            "DELETE FROM taximeter.invoice_line WHERE number = 'INV-000001' AND line = 2",
            [
                "line: account a INV-000001 line 2", "total: account a INV-000001", "usage: account a",
                "period: account a", "month: account a",
            ]
        ),
        (
            """
            DELETE FROM taximeter.invoice WHERE number = 'INV-000001';
            DELETE FROM taximeter.invoice_line WHERE number = 'INV-000001'
            """,
            [
                "chain: account a INV-000003: expected link 1",
                "number: issuing entity default: expected sequence 1; found next is 2", "usage: account a",
                "period: account a", "invoice: account a INV-000001", "month: account a",
            ]
        ),
        (
            "UPDATE taximeter.issuing_entity SET last_sequence = 4",
            ["number: issuing entity default: expected last sequence 4; found last sequence 3"]
        ),
        ("UPDATE taximeter.usage_line SET net_amount = 9 WHERE model = 'n'", ["usage: account a"]),
        (
            "UPDATE taximeter.account_period SET invoiced_amount = 9 WHERE invoiced_amount > 1",
            ["period: account a", "balance: a kept balance"]
        ),
        (
            "UPDATE taximeter.ledger_balance SET balance = balance + 1 WHERE ledger_account = 'revenue'",
            [
                "balance: account a USD revenue", "balance: account b USD revenue",
                "trial balance: USD: expected 0; found 2",
            ]
        ),
        (
            "DELETE FROM taximeter.ledger_transfer WHERE transfer_id = 'INV-000003/revenue'",
            ["balance: account a USD receivable", "balance: account a USD revenue", "invoice: account a INV-000003"]
        ),
        (
            "DELETE FROM taximeter.ledger_transfer WHERE transfer_id = 'INV-000002/revenue/void'",
            ["balance: account b", "void: account b INV-000002/revenue"]
        ),
        (
            "UPDATE taximeter.ledger_transfer SET amount = 9 WHERE transfer_id = 'INV-000003/revenue'",
            ["balance: account a", "invoice: account a INV-000003"]
        ),
    ])
    func finds(_ damage: String, _ findings: [String]) throws {
        let database = try Self.prepare()
        #expect(try database.differences() == [])
        try database.psql("SET session_replication_role = replica; \(damage)")
        let found = try database.differences()
        for finding in findings { #expect(found.contains { $0.hasPrefix(finding) }, "\(finding): \(found)") }
        for line in found { #expect(findings.contains { line.hasPrefix($0) }, "\(line)") }
    }

    /// Which grant has paid is in the document, too.
    @Test func anotherGrantDidNotPay() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 50)], at: "1")
        let start = try instant("2026-01-01T00:00:00Z")
        for id in ["x", "y"] {
            try database.store.grant(
                CreditGrant(
                    account: Identifier("a"), id: Identifier(id), kind: .granted, amount: Money("60", .usd),
                    effective: #require(EffectivePeriod(from: start))), at: start)
        }
        try database.bill("2026-01")
        #expect(try database.differences() == [])
        try database.psql(
            """
            SET session_replication_role = replica;
            UPDATE taximeter.ledger_transfer SET grant_id = 'y' WHERE kind = 'credit_used';
            UPDATE taximeter.grant_balance SET remaining = CASE grant_id WHEN 'x' THEN 60 ELSE 10 END
            """)
        #expect(
            try Set(database.differences().map { "\($0)" }) == [
                "credits: account a INV-000001: expected x pays 50; found nothing",
                "credits: account a INV-000001: expected nothing; found y pays 50",
            ])
    }

    /// Every byte of a document matters.
    @Test func everyFlippedByteIsNamed() throws {
        let database = try Self.prepare()
        let length = try #require(
            Int(
                try database.psql("SELECT length(document) FROM taximeter.invoice WHERE number = 'INV-000003'")
                    .dropLast()))
        for place in stride(from: 1, through: length, by: 37) {
            let found = try database.psql(
                """
                SET session_replication_role = replica;
                BEGIN;
                UPDATE taximeter.invoice SET document = overlay(
                    document PLACING CASE substr(document, \(place), 1) WHEN '0' THEN '1' ELSE '0' END FROM \(place) FOR 1)
                WHERE number = 'INV-000003';
                SELECT finding, subject FROM taximeter.invoice_audit;
                ROLLBACK
                """)
            #expect(found.contains("chain|account a INV-000003"), "byte \(place): \(found)")
        }
    }

    /// A tail that was taken away with everything that belongs to it leaves nothing to be seen, but for the end of the
    /// chain that somebody kept.
    @Test func aDeletedTailIsFoundThroughTheHead() throws {
        let database = try Self.prepare()
        var heads: [InvoiceAudit.Head] = []
        try database.store.invoiceChainHeads { heads.append($0) }
        #expect(heads.map(\.position) == [2, 2])
        try database.psql(
            """
            SET session_replication_role = replica;
            DELETE FROM taximeter.invoice WHERE number = 'INV-000003';
            DELETE FROM taximeter.invoice_line WHERE number = 'INV-000003';
            DELETE FROM taximeter.ledger_transfer WHERE invoice_number = 'INV-000003';
            UPDATE taximeter.ledger_balance SET balance = sign(balance) * 1.33
            WHERE account_key = (SELECT account_key FROM taximeter.account WHERE external_id = 'a');
            UPDATE taximeter.issuing_entity SET last_sequence = 2;
            UPDATE taximeter.invoice_chain AS c SET position = 1, hash = i.hash FROM taximeter.invoice AS i
            WHERE i.number = 'INV-000001' AND c.account_key = i.account_key;
            UPDATE taximeter.account_period SET billed_revision = 1, invoiced_amount = 1.333 WHERE invoiced_amount > 1.5;
            DELETE FROM taximeter.account_month;
            INSERT INTO taximeter.account_month (account_key, month, currency, invoiced_exact, invoiced, fees,
                commitments, tax, total, due, written_off, collected)
            SELECT * FROM taximeter.account_month_again;
            SELECT taximeter.keep_balances(array_agg(account_key)) FROM taximeter.account;
            """)
        #expect(try database.differences() == [])
        var found: [String] = []
        let audit = try database.store.auditInvoices(against: heads) { found.append("\($0)") }
        #expect(audit.differences == 1)
        #expect(found.first?.hasPrefix("head: account a: expected link 2 ") == true, "\(found)")
        #expect(found.first?.hasSuffix("found no link 2") == true, "\(found)")
    }
}
