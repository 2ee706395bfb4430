import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter plans` and `taximeter accounts`, as a user runs them.
@Suite struct PlansCommandTests {
    private let database: TestDatabase
    private let folder: URL

    init() throws {
        database = try TestDatabase()
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-plans-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func taximeter(_ arguments: String...) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    @Test func checkTellsEveryFault() throws {
        let good = try file(
            "good.yaml", "{plan: p, currency: USD, versions: [{from: 2026-01-01T00:00:00Z, price_book: l}]}")
        #expect(try taximeter("plans", "check", good) == .init(exitCode: 0, output: "\(good): p: 1 version\n"))
        let taxed = try file(
            "taxed.yaml",
            """
            plan: p
            currency: USD
            versions: [{from: 2026-01-01T00:00:00Z, price_book: l, tax: {name: VAT, rate: 19}}]
            """)
        #expect(
            try taximeter("plans", "check", taxed).errors == """
                \(taxed):3:79: versions[0].tax.rate: found "19"; expected a share from 0 to 1: 19 % are 0.19

                """)
        let bad = try file("bad.yaml", "plan: p\ncurrency: USD\nversions: [{price_book: l, minimum: 1.001}]\n")
        let result = try taximeter("plans", "check", good, bad)
        #expect(result.exitCode == 65 && result.output == "")
        #expect(
            result.errors == """
                \(bad):3:12: versions[0].from: found nothing; expected the instant from which the version holds
                \(bad):3:37: versions[0].minimum: found "1.001"; expected an amount above 0 in USD, with at most 2 decimals

                """)
    }

    @Test func loadAndShow() throws {
        let plan = try file(
            "plan.yaml",
            """
            plan: pro
            currency: USD
            versions: [{from: 2026-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 20}}]
            """)
        let accounts = try file(
            "accounts.yaml",
            """
            accounts:
              - account: acme
                time_zone: Asia/Shanghai
                subscriptions: [{plan: pro, from: 2026-01-14T16:00:00Z}]
            """)
        #expect(try taximeter("accounts", "load", accounts).exitCode == 65)
        let noBook = "\(plan): there is no price book list yet: until it is loaded, usage under it has no price\n"
        #expect(try taximeter("plans", "load", plan).output == "\(plan): pro: 1 new versions\n" + noBook)
        #expect(try taximeter("plans", "load", plan).output == "\(plan): pro: nothing new\n" + noBook)
        let ended = try file(
            "ended.yaml",
            """
            plan: pro
            currency: USD
            versions:
              - {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 20}}
            """)
        let changed = "\(ended): pro: no new versions, 1 changed\n"
        #expect(try taximeter("plans", "load", ended).output == changed + noBook.replacing(plan, with: ended))
        #expect(try taximeter("plans", "load", plan).output.hasPrefix("\(plan): pro: no new versions, 1 changed\n"))
        #expect(try taximeter("accounts", "load", accounts).output == "\(accounts): accounts: 1 changed, 0 unchanged\n")
        #expect(try taximeter("accounts", "load", accounts).output == "\(accounts): accounts: 0 changed, 1 unchanged\n")
        #expect(try taximeter("plans", "show").output == "pro from 2026-01-01T00:00:00Z: list (USD)\n")
        #expect(try taximeter("plans", "show", "pro").output.hasPrefix(#"{"plan":"pro","currency":"USD","#))
        #expect(try taximeter("plans", "show", "por").exitCode == 64)
        #expect(
            try taximeter("accounts", "show", "acme", "--at", "2026-01-20T00:00:00Z").output == """
                acme: time zone Asia/Shanghai, issuer default
                  pro from 2026-01-14T16:00:00Z
                period at 2026-01-20T00:00:00Z: 2025-12-31T16:00:00Z to 2026-01-31T16:00:00Z
                  2025-12-31T16:00:00Z to 2026-01-14T16:00:00Z: no plan
                  2026-01-14T16:00:00Z to 2026-01-31T16:00:00Z: pro, price book list (in force)

                """)
        #expect(try taximeter("accounts", "show", "globex").exitCode == 64)
    }
}
