import Foundation
import PostgresWire
import TestKit
import Testing

@testable import Taximeter
@testable import TaximeterPostgres

/// The scenarios of fixtures/scenarios: what happens to an account, step by step, and what it is billed, to the cent.
@Suite struct ScenarioTests {
    /// Each step is given twice: the second time nothing happens. Drafts of just before say what becomes final.
    @Test(arguments: Scenario.all)
    func gives(_ scenario: Scenario) throws {
        let database = try TestDatabase()
        try scenario.run(in: database) { step, take in
            let drafts = try step.drafts(in: database.store)
            let before = try database.store.finalBodies()
            try take(database.store)
            let final = try database.store.finalBodies().filter { before[$0.key] == nil }
            #expect(Set(final.values) == drafts)
            let once = try database.statements()
            try take(database.store)
            #expect(try database.statements() == once, "a second time bills something")
        }
    }

    /// Every step fails at its first statement, then at a later one, and so on, and goes on where it was left. Runs have many
    /// statements, of which BillFaultTests strikes each.
    @Test(arguments: Scenario.all)
    func givesWhateverFails(_ scenario: Scenario) throws {
        let database = try TestDatabase()
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        let store = Store(ConnectionOptions(proxy.address.connectionString)).withoutRetries
        defer { store.close() }
        try scenario.run(in: database) { step, take in
            var failures = 0
            for statement in stride(from: 1, to: 1_000, by: step.isRun ? 11 : 2) {
                proxy.arm([.failing(at: statement)])
                do {
                    try take(store)
                    if proxy.armed > 0 { break }
                } catch let error as PostgresError {
                    #expect(error.sqlState?.code == "XX999" || error.commitOutcomeUnknown, "\(error)")
                    failures += 1
                }
            }
            #expect(proxy.armed == 1 && failures > 0, "it had no end, or no statement: \(step)")
            proxy.disarm()
        }
    }
}

extension Scenario.Step {
    /// What would be billed: the documents of drafts, and the sums of them.
    fileprivate func drafts(in store: Store) throws -> Set<String> {
        guard case .bill(let name, let at, _) = self else { return [] }
        let month = try #require(BillingMonth(name))
        let summary = try store.bill(month, at: at)
        var options = BillOptions()
        options.isDryRun = true
        #expect(try store.bill(month, options, at: at).sums == summary.sums)
        var drafts: Set<String> = []
        try store.drafts { drafts.insert($0.invoice.documentBody) }
        var due: [String: Money] = [:]
        try store.invoices { entry in
            if entry.number != nil { return }
            due[entry.due.currency.code] = try (due[entry.due.currency.code] ?? .zero(entry.due.currency)) + entry.due
        }
        #expect(due == summary.sums.mapValues(\.due))
        return drafts
    }
}

extension Store {
    /// What final and voided invoices say, by their numbers.
    fileprivate func finalBodies() throws -> [String: String] {
        var bodies: [String: String] = [:]
        try finalInvoices { bodies[$0] = $1.invoice.documentBody }
        return bodies
    }
}

extension TestDatabase {
    /// What each account's ledger accounts stand at, debits less credits; those at zero left out.
    func ledgerBalances() throws -> String {
        try psql(
            """
            SELECT concat_ws(' ', a.external_id, b.ledger_account, trim_scale(b.balance), b.currency)
            FROM taximeter.ledger_balance AS b INNER JOIN taximeter.account AS a USING (account_key)
            WHERE b.balance <> 0 ORDER BY a.external_id, b.ledger_account
            """)
    }

    /// All invoices as scenarios write them: those of a run together, by account, in the order of their links.
    func statements() throws -> String {
        try psql(
            """
            SELECT text FROM (
                SELECT i.finalized_at, l.account, l.chain_position, 0 AS line,
                    concat_ws(' ', i.number, i.account, i.kind, trim_scale(i.total), i.currency) AS text
                FROM taximeter.invoices AS i
                INNER JOIN taximeter.invoice_chain_links AS l ON l.number = i.number AND NOT l.is_void
                UNION ALL
                SELECT i.finalized_at, l.account, l.chain_position, n.line, concat(
                    '  ', n.kind, ' ', to_char(n.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD'), ': ', n.quantity,
                    ' × ' || trim_scale(n.unit_price), ' + ' || nullif(trim_scale(n.fees), 0), ' = ',
                    trim_scale(n.exact_amount), ' → ', trim_scale(n.amount), ', adjusts ' || n.adjusts)
                FROM taximeter.invoice_lines AS n
                INNER JOIN taximeter.invoices AS i ON i.number = n.number
                INNER JOIN taximeter.invoice_chain_links AS l ON l.number = n.number AND NOT l.is_void
                UNION ALL
                SELECT i.finalized_at, l.account, l.chain_position, 1000000 + c.place, concat(
                    '  ', c.credit ->> 'grant', ' pays ', trim_scale((c.credit ->> 'amount')::numeric))
                FROM taximeter.invoices AS i
                INNER JOIN taximeter.invoice_chain_links AS l ON l.number = i.number AND NOT l.is_void
                CROSS JOIN LATERAL jsonb_array_elements(i.document::jsonb -> 'credits')
                    WITH ORDINALITY AS c (credit, place)
            ) AS s ORDER BY finalized_at, account, chain_position, line
            """)
    }
}
