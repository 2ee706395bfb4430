import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// An account sees itself, and of others not even whether they are there.
@Suite struct TenantTests {
    private static let views = [
        "tenant_usage", "tenant_usage_lines", "tenant_invoices", "tenant_invoice_lines", "tenant_credits",
        "tenant_balance",
    ]

    private let database: TestDatabase

    init() throws {
        database = try TestDatabase()
        _ = try database.store.load(
            try PriceBook.parse(
                """
                price_book: list
                currency: USD
                tariffs:
                  - model: model-a
                    versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_miss: 0, cache_hit: 0, output: 1000000}}]
                """, file: "list.yaml"))
        _ = try database.store.record([
            event("1", account: "acme", output: 3), event("1", account: "beta", output: 5),
            event("2", account: "beta", at: "2025-04-10T10:20:30Z", output: 7),
        ])
        try database.bill("2025-03")
        for (account, amount) in [("acme", "10"), ("beta", "20")] {
            _ = try database.store.grant(
                CreditGrant(
                    account: Identifier(account), id: Identifier("gift of \(account)"), kind: .granted,
                    amount: Money(amount, .usd), effective: #require(EffectivePeriod(from: UsageEvent.earliestInstant))),
                at: instant("2027-01-02T00:00:00Z"))
        }
    }

    /// What a tenant's connection answers, a line a row.
    private func ask(_ sql: String, as account: String?) throws -> String {
        let setting = account.map { "SET LOCAL taximeter.account = '\($0)';" } ?? ""
        return try database.psql("BEGIN; SET LOCAL ROLE taximeter_tenant; \(setting) \(sql); COMMIT")
    }

    @Test(arguments: [("acme", "3", "1", "10"), ("beta", "12", "1", "20")])
    func anAccountSeesItself(_ account: String, _ tokens: String, _ invoices: String, _ credits: String) throws {
        let asked = [
            ("SELECT sum(output_tokens) FROM taximeter.tenant_usage", tokens),
            ("SELECT sum(tokens) FROM taximeter.tenant_usage_lines", tokens),
            ("SELECT count(*) FROM taximeter.tenant_invoices", invoices),
            ("SELECT string_agg(document::jsonb ->> 'account', ',') FROM taximeter.tenant_invoices", account),
            ("SELECT count(*) FROM taximeter.tenant_invoice_lines", invoices),
            ("SELECT string_agg(grant_id, ',') FROM taximeter.tenant_credits", "gift of \(account)"),
            ("SELECT trim_scale(credits) FROM taximeter.tenant_balance", credits),
        ]
        for (sql, answer) in asked { #expect(try ask(sql, as: account) == answer + "\n", "\(sql)") }
    }

    /// Not set, set to nothing, set to an account that is not there, and set in a transaction that is over.
    @Test(arguments: TenantTests.views)
    func withoutAnAccountThereIsNoRow(_ view: String) throws {
        let count = "SELECT count(*) FROM taximeter.\(view)"
        #expect(try ask(count, as: "beta") != "0\n")
        for account in [nil, "", "nobody", "Beta", "beta "] { #expect(try ask(count, as: account) == "0\n") }
        let after = """
            SET ROLE taximeter_tenant; BEGIN; SET LOCAL taximeter.account = 'beta'; COMMIT; \(count)
            """
        #expect(try database.psql(after) == "0\n")
    }

    /// A condition that fails on the rows of others must not be tried on them.
    @Test(arguments: [
        "SELECT count(*) FROM taximeter.tenant_invoices WHERE 1 / (total - 5) <= 0",
        "SELECT count(*) FROM taximeter.tenant_invoice_lines WHERE 1 / (quantity - 5) <= 0",
        "SELECT count(*) FROM taximeter.tenant_usage_lines WHERE 1 / (tokens - 5) <= 0",
        "SELECT count(*) FROM taximeter.tenant_usage WHERE 1 / (output_tokens - 5) <= 0",
        "SELECT count(*) FROM taximeter.tenant_credits WHERE 1 / (amount - 20) <= 0",
        "SELECT count(*) FROM taximeter.tenant_balance WHERE 1 / (credits - 20) <= 0",
    ])
    func errorsTellNothing(_ sql: String) throws {
        #expect(try ask(sql, as: "acme") == "1\n")
        let error = #expect(throws: (any Error).self) { try ask(sql, as: "beta") }
        #expect(error.map { "\($0)" }?.contains("division by zero") == true)
    }

    /// There is no way around the views, and none of them can be written through (55000).
    @Test(
        arguments: [
            ("SELECT FROM taximeter.account", "42501"), ("SELECT FROM taximeter.usage_line", "42501"),
            ("SELECT FROM taximeter.usage_lines", "42501"), ("SELECT FROM taximeter.invoices", "42501"),
            ("SELECT FROM taximeter.balances(ARRAY['beta'], now())", "42501"),
            ("DELETE FROM taximeter.tenant_credits", "55000"),
            ("UPDATE taximeter.tenant_invoices SET number = ''", "55000"),
            ("CREATE VIEW taximeter.mine AS SELECT 1", "42501"), ("SET ROLE taximeter_owner", "42501"),
        ] as [(String, SQLState)])
    func isRefused(_ sql: String, _ state: SQLState) throws {
        let login = "tenant_of_\(database.address.database)"
        try database.psql("CREATE ROLE \(login) LOGIN; GRANT taximeter_tenant TO \(login)")
        var options = database.options
        options.sessionInit = { try $0.execute("SET SESSION AUTHORIZATION \(unsafe: login)") }
        let connection = try Connection.open(options)
        try connection.execute("SET taximeter.account = 'acme'")
        let error = #expect(throws: PostgresError.self) { try connection.execute(SQL(unsafe: sql)) }
        #expect(error?.sqlState == state)
    }

    /// What a reader sees of plans, subscriptions and lines.
    @Test func readersSeePlans() throws {
        _ = try database.store.load(
            try Plan.parse(
                """
                plan: pro
                currency: USD
                versions:
                  - {from: 2025-01-01T00:00:00Z, price_book: list, payment: prepaid}
                  - {from: 2025-06-01T00:00:00Z, until: 2026-01-01T00:00:00Z, price_book: list, minimum: 5}
                """, file: "plan"))
        _ = try database.store.load([
            Agreement(
                account: Identifier("gamma"), timeZone: .utc, issuingEntity: Identifier("default"),
                subscriptions: [
                    Subscription(
                        plan: Identifier("pro"),
                        effective: #require(EffectivePeriod(from: instant("2025-02-01T00:00:00Z"))))
                ])
        ])
        func read(_ sql: String) throws -> String {
            try database.psql("SET TimeZone = 'UTC'; SET ROLE taximeter_reader; \(sql)")
        }
        #expect(
            try read(
                """
                SELECT plan, effective_from::date, effective_until::date, price_book, payment FROM taximeter.plans ORDER BY 2
                """)
                == "pro|2025-01-01|2025-06-01|list|prepaid\npro|2025-06-01|2026-01-01|list|postpaid\n")
        #expect(
            try read(
                "SELECT account, time_zone, plan, effective_from::date, effective_until FROM taximeter.subscriptions")
                == "gamma|UTC|pro|2025-02-01|\n")
        #expect(
            try read(
                """
                SELECT account, period_start::date, tokens, trim_scale(net_amount) FROM taximeter.usage_lines ORDER BY 1, 2
                """)
                == "acme|2025-03-01|3|3\nbeta|2025-03-01|5|5\nbeta|2025-04-01|7|7\n")
    }
}
