import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter credits`, `balance`, `limits` and `outbox` as a user runs them.
@Suite struct CreditCommandTests {
    private let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func taximeter(_ arguments: String...) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
    }

    /// The commands of docs/credits.md, in their order, say what it shows.
    @Test func thePage() throws {
        let page = PageScript(
            "credits.md", in: FileManager.default.temporaryDirectory, databaseURL: database.address.connectionString)
        #expect(try page.run() == 4)
    }

    @Test func whatIsToldIsReadUntilItIsAcknowledged() throws {
        #expect(try taximeter("credits", "top-up", "acme", "5", "USD", "--id", "pay-1").exitCode == 0)
        #expect(try taximeter("limits", "low-balance", "acme", "7.50", "USD").exitCode == 0)
        let read = try taximeter("outbox", "read")
        let line = try #require(
            read.output.wholeMatch(
                of: /\{"account":"acme","sequence":1,"kind":"low_balance","made_at":"[^"]*","payload":(.*)\}\n/))
        #expect(line.output.1 == #"{"balance": "5", "currency": "USD", "low_amount": "7.5"}"#)
        #expect(try taximeter("outbox", "read") == read)
        #expect(try taximeter("outbox", "ack", "acme", "1").output == "acme: 1 events acknowledged\n")
        #expect(try taximeter("outbox", "read").output == "")
        #expect(try taximeter("limits", "low-balance", "acme", "0", "USD").output == "acme: no low balance\n")
        #expect(try taximeter("limits", "remove", "acme", "cap").output == "acme: cap was not there\n")
    }

    @Test func json() throws {
        #expect(try taximeter("balance", "acme", "--json").output == "null\n")
        #expect(try taximeter("balance", "acme").output == "acme: neither credits nor charges\n")
        _ = try taximeter(
            "credits", "grant", "acme", "5.5", "USD", "--id", "g", "--from", "2026-01-01", "--priority", "2", "--model",
            "b", "--model", "a", "--channel", "web")
        #expect(
            try taximeter("credits", "list", "acme", "--json").output == """
                [{"account":"acme","amount":"5.5","channels":["web"],"currency":"USD","from":"2026-01-01T00:00:00Z",\
                "grant":"g","kind":"granted","left":"5.5","models":["a","b"],"priority":2}]

                """)
        #expect(try taximeter("credits", "list", "acme").output.contains("  a, b through web\n"))
        #expect(
            try taximeter("balance", "acme", "--json", "--at", "2026-01-02").output == """
                {"available":"5.5","credits":"5.5","currency":"USD","prepaid":true,"reserved":"0","spendable":"5.5",\
                "unbilled":"0"}

                """)
    }

    @Test func whatIsGivenAgainIsAsBefore() throws {
        let (topUp, refund) = (
            ["credits", "top-up", "acme", "5", "USD", "--id", "pay-1", "--priority", "-1"],
            ["credits", "refund", "acme", "pay-1", "--id", "r"]
        )
        for (arguments, text) in [(topUp, "5.00 USD paid in as pay-1"), (refund, "5.00 USD of pay-1 paid back as r")] {
            for ending in ["", ", as before"] {
                let result = try CommandLineTool.run(
                    arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
                #expect(result == .init(exitCode: 0, output: "acme: \(text)\(ending)\n"))
            }
        }
    }

    /// What is refused, with which exit code, and why.
    @Test func errors() throws {
        _ = try taximeter("credits", "top-up", "acme", "5", "USD", "--id", "pay-1")
        _ = try taximeter("credits", "grant", "acme", "5", "USD", "--id", "gift")
        for (arguments, exitCode, text) in [
            (["credits", "top-up", "acme", "6", "USD", "--id", "pay-1"], 65, "acme has another grant pay-1"),
            (["credits", "top-up", "acme", "6", "EUR", "--id", "pay-2"], 65, "the money of acme is USD, not EUR"),
            (["credits", "top-up", "acme", "6.001", "USD", "--id", "x"], 64, "expected at most 2 decimals"),
            (["credits", "top-up", "acme", "0", "USD", "--id", "x"], 64, "expected more than zero"),
            (["credits", "top-up", "acme", "1e3", "USD", "--id", "x"], 64, "the amount \"1e3\" is not a decimal"),
            (["credits", "top-up", "acme", "1", "XXX", "--id", "x"], 64, "XXX is no currency"),
            (["credits", "top-up", "acme", "0", "USD", "--id", "x"], 64, "\nUsage: taximeter credits top-up <acc"),
            (["credits", "top-up", "acme", "1", "USD"], 64, "Missing expected argument '--id <id>'"),
            (
                [
                    "credits", "grant", "acme", "1", "USD", "--id", "x", "--from", "2026-01-02", "--expires",
                    "2026-01-02",
                ],
                64, "--expires must be after 2026-01-02T00:00:00Z"
            ),
            (["credits", "refund", "acme", "gift", "--id", "r"], 65, "grant gift was given, not paid in"),
            (["credits", "refund", "acme", "pay-1", "--id", "r", "--amount", "5.01"], 65, "at most 5.00 USD"),
            (["credits", "refund", "nobody", "pay-1", "--id", "r"], 65, "there is no account nobody"),
            (["credits", "list", "nobody"], 65, "there is no account nobody"),
            (["limits", "set", "acme", "l", "1", "USD", "--threshold", "0"], 64, "a threshold is 0 %"),
            (["outbox", "read", "--limit", "0"], 64, "--limit must be from 1 to 10000"),
        ] as [([String], Int32, String)] {
            let result = try CommandLineTool.run(
                arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
            #expect(result.exitCode == exitCode && result.errors.contains(text), "\(arguments): \(result)")
        }
    }
}
