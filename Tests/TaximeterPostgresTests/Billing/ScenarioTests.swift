import Foundation
import PostgresWire
import TaximeterPostgres
import TestKit
import Testing

@testable import Taximeter

/// The scenarios of fixtures/scenarios: what happens to an account, step by step, and what it is billed, to the cent.
@Suite struct ScenarioTests {
    @Test(arguments: Scenario.all)
    func gives(_ scenario: Scenario) throws {
        let database = try TestDatabase()
        try scenario.run(in: database) { month, at in
            try database.bill(month, at: at)
            let once = try database.statements()
            #expect(try database.bill(month, at: at).sums.isEmpty, "a second run bills something")
            #expect(try database.statements() == once)
        }
    }

    /// Every run fails at its first statement, then at its second, and so on, and goes on where it was left.
    @Test(arguments: Scenario.all)
    func givesWhateverFails(_ scenario: Scenario) throws {
        let database = try TestDatabase()
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        let store = Store(ConnectionOptions(proxy.address.connectionString))
        defer { store.close() }
        var failures = 0
        try scenario.run(in: database) { month, at in
            for statement in 1... {
                try #require(statement < 1_000)
                proxy.arm([.failing(at: statement)])
                do {
                    try database.bill(month, at: at, store: store)
                    if proxy.armed > 0 { break }
                } catch let error as PostgresError {
                    #expect(error.sqlState?.code == "XX999", "\(error)")
                    failures += 1
                }
            }
            proxy.disarm()
        }
        #expect(failures > 10)
    }
}

extension TestDatabase {
    @discardableResult
    fileprivate func bill(_ month: String, at now: Instant, store: Store? = nil) throws -> BillSummary {
        var options = BillOptions()
        options.finalizes = true
        options.workers = 1
        return try (store ?? self.store).bill(#require(BillingMonth(month)), options, at: now)
    }

    /// What an account has once all of its usage is rated.
    func balance(of account: Identifier, at instant: Instant) throws -> String {
        try store.run(at: instant)
        let balance = try #require(try store.balance(of: account, at: instant))
        return "\(balance.credits.decimalText) - \(balance.unbilled.decimalText) = \(balance.available.decimalText)"
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
