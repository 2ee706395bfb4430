#if Server
import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Balances, reservations and quotes over HTTP: what the store says, in the words of docs/http-api.md.
@Suite struct CreditRouteTests {
    private let server: ServedDatabase
    private let token: String

    init() throws {
        server = try ServedDatabase()
        token = try server.token([.balance, .reserve, .quote])
    }

    private func taximeter(_ arguments: String...) throws {
        let result = try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": server.database.address.connectionString])
        try #require(result.exitCode == 0, "\(result)")
    }

    private func reserve(_ id: String, _ amount: String, _ currency: String = "USD") throws -> HTTPAnswer {
        try server.send(
            "POST", "/v1/accounts/acme/reservations", token: token,
            body: #"{"id":"\#(id)","amount":"\#(amount)","currency":"\#(currency)","seconds":600}"#)
    }

    private func settle(_ id: String, _ amount: String) throws -> HTTPAnswer {
        try server.send(
            "POST", "/v1/accounts/acme/reservations/\(id)/settle", token: token,
            body: #"{"amount":"\#(amount)","currency":"USD"}"#)
    }

    @Test func aRequestFromReservationToSettlement() throws {
        #expect(try server.send("GET", "/v1/accounts/acme/balance", token: token).code == "no_balance")
        try taximeter("credits", "top-up", "acme", "10", "USD", "--id", "p1")
        #expect(try reserve("r1", "4.5").json["answer"] as? String == "reserved")
        #expect(try reserve("r1", "4.5").json["answer"] as? String == "reserved")
        #expect(try reserve("r1", "4").code == "conflict")
        let tooMuch = try reserve("r2", "6")
        #expect(tooMuch.status == 402 && tooMuch.code == "insufficient")
        #expect(tooMuch.json["available"] as? String == "5.5" && tooMuch.json["currency"] as? String == "USD")
        #expect(try reserve("r2", "5.5").status == 200)
        #expect(try settle("r1", "0.000000000000000001").status == 200)
        #expect(try settle("r1", "0.000000000000000001").status == 200)
        #expect(try settle("r1", "1").code == "conflict")
        #expect(try settle("none", "1").status == 404)
        func release(_ id: String) throws -> HTTPAnswer {
            try server.send("DELETE", "/v1/accounts/acme/reservations/\(id)", token: token)
        }
        #expect(try release("r1").code == "conflict")
        #expect(try release("r2").json["answer"] as? String == "released")
        #expect(try release("r2").status == 200)
        let balance = try server.send("GET", "/v1/accounts/acme/balance", token: token)
        #expect(
            balance.body
                == #"{"available":"9.999999999999999999","credits":"10","currency":"USD","prepaid":true,"#
                + #""reserved":"0.000000000000000001","spendable":"9.999999999999999999","unbilled":"0"}"#)
        #expect(try reserve("r3", "1", "EUR").status == 422)
        try taximeter("limits", "set", "acme", "cap", "2", "USD", "--hard")
        let limited = try reserve("r4", "3")
        #expect(limited.code == "limit_reached" && limited.json["limit"] as? String == "cap")
    }

    @Test(arguments: [
        "", "[]", "{", #"{"id":"a","amount":"1","currency":"USD"}"#,
        #"{"id":"a","amount":1,"currency":"USD","seconds":1}"#,
        #"{"id":"a","amount":"-1","currency":"USD","seconds":1}"#,
        #"{"id":"a","amount":"1e3","currency":"USD","seconds":1}"#,
        #"{"id":"a","amount":"1","currency":"usd","seconds":1}"#,
        #"{"id":"","amount":"1","currency":"USD","seconds":1}"#,
        #"{"id":"a","amount":"1","currency":"USD","seconds":0}"#,
        #"{"id":"a","amount":"1","currency":"USD","seconds":1.5}"#,
        #"{"id":"a","amount":"1","currency":"USD","seconds":9223372036854775807}"#,
    ])
    func reservationsThatCannotBe(_ body: String) throws {
        let answer = try server.send("POST", "/v1/accounts/acme/reservations", token: token, body: body)
        #expect(answer.status == 400 && answer.code == "malformed", "\(answer)")
    }

    @Test func quotes() throws {
        let noBook = try server.send(
            "POST", "/v1/quote?book=none", token: token, type: "application/x-ndjson", body: "{}")
        #expect(noBook.status == 404 && noBook.code == "no_book", "\(noBook)")
        try taximeter("tariffs", "load", Fixtures.folder.appending(path: "price-books/deepseek-usd.yaml").path)
        // The cases of docs/quoting.md.
        let page = try String(contentsOf: Fixtures.packageRoot.appending(path: "docs/quoting.md"), encoding: .utf8)
        let cases = try #require(page.firstMatch(of: /```jsonl cases\n((?:.*\n)*?)```/)).output.1
        let results = try #require(page.firstMatch(of: /```jsonl results\n((?:.*\n)*?)```/)).output.1
        let answer = try server.send(
            "POST", "/v1/quote", token: token, type: "application/x-ndjson", body: String(cases))
        #expect(answer.status == 200 && answer.body == results)
        let first = try #require(cases.split(separator: "\n").first)
        let one = try server.send(
            "POST", "/v1/quote?book=deepseek-usd", token: token, body: String(first.replacing(",", with: ",\r\n  "))
        )
        #expect(one.body == results.prefix(one.body.count) && one.json["amount"] as? String == "0.035165")
        for body in ["", "{}", "[]", #"{"model":"m"}"#] {
            #expect(try server.send("POST", "/v1/quote", token: token, body: body).code == "malformed")
        }
    }
}
#endif
