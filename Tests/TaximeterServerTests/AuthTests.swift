#if Server
import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@testable import TaximeterServer

/// Who may call what: every route, with every kind of token.
@Suite struct AuthTests {
    private static let shared = Result { try ServedDatabase() }
    private let server: ServedDatabase

    init() throws { server = try Self.shared.get() }

    /// A call of each route that would be answered, if only with what there is not.
    private static let calls: [Route: (path: String, type: String, body: String?)] = [
        .health: ("/healthz", "", nil), .readiness: ("/readyz", "", nil), .openAPI: ("/openapi.json", "", nil),
        .metrics: ("/metrics", "", nil), .dashboard: ("/", "", nil),
        .events: ("/v1/events", "application/json", "[]"),
        .cloudEvents: ("/api/v1/events", "application/cloudevents-batch+json", "[]"),
        .balance: ("/v1/accounts/acme/balance", "", nil),
        .reserve: (
            "/v1/accounts/acme/reservations", "application/json",
            #"{"id":"a","amount":"1","currency":"USD","seconds":1}"#
        ),
        .settle: (
            "/v1/accounts/acme/reservations/a/settle", "application/json", #"{"amount":"1","currency":"USD"}"#
        ),
        .release: ("/v1/accounts/acme/reservations/a", "", nil),
        .quote: ("/v1/quote", "application/x-ndjson", ""),
    ]

    private func call(_ route: Route, token: String?) throws -> HTTPAnswer {
        let call = try #require(Self.calls[route], "\(route) has no entry in the table of this test")
        return try server.send(route.method, call.path, token: token, type: call.type, body: call.body)
    }

    @Test(arguments: Route.allCases) func withoutATokenOnlyOpenRoutesAnswer(_ route: Route) throws {
        let answer = try call(route, token: nil)
        #expect((answer.status == 401) == (route.scope != nil), "\(answer)")
        if route.scope != nil {
            #expect(
                answer.headers["www-authenticate"] == (route == .dashboard ? "Basic realm=\"taximeter\"" : "Bearer")
            )
            #expect(answer.headers["content-type"] == "application/problem+json")
        } else {
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: Route.allCases.filter { $0.scope != nil }) func badTokensAreRefused(_ route: Route) throws {
        let good = try server.token()
        let other = good.dropLast() + (good.hasSuffix("0") ? "1" : "0")
        let now = SystemClock.now
        let past = try #require(now.advanced(byMicroseconds: -Instant.hour))
        let before = try #require(past.advanced(byMicroseconds: -Instant.hour))
        let expired = try server.token(expiresAt: past, at: before)
        let revoked = try server.token()
        try server.database.store.revokeToken(String(revoked.split(separator: "_")[1]), at: now)
        let unknown = TokenText.random().text
        for token in [String(other), expired, revoked, unknown, "tm__", "x", ""] {
            #expect(try call(route, token: token).status == 401, "\(token)")
        }
        #expect(try call(route, token: good).status != 401)
    }

    @Test(arguments: Route.allCases.filter { $0.scope != nil }) func theScopeDecides(_ route: Route) throws {
        let scope = try #require(route.scope)
        let others = try call(route, token: server.token(Set(TokenScope.allCases).subtracting([scope])))
        #expect(others.status == 403 && others.code == "scope")
        let own = try call(route, token: server.token([scope]))
        #expect(![401, 403].contains(own.status) && own.status < 500, "\(own)")
    }

    @Test(arguments: Route.allCases.filter { $0.scope != nil }) func oneAccountsTokenIsForItAlone(_ route: Route)
        throws
    {
        let scope = try #require(route.scope)
        let own = try call(route, token: server.token([scope], account: "acme"))
        let others = try call(route, token: server.token([scope], account: "other"))
        switch route {
        case .metrics, .dashboard:
            #expect(own.status == 403 && others.status == 403)
        case .balance, .reserve, .settle, .release:
            #expect(own.status != 403 && others.status == 403, "\(own) \(others)")
            #expect(others.code == "other_account")
        default:
            #expect(![401, 403].contains(own.status) && ![401, 403].contains(others.status))
        }
    }

    /// Whose events they are is in each event.
    @Test func oneAccountsTokenGivesItsEventsAlone() throws {
        let token = try server.token([.ingest], account: "acme")
        let rows = ["acme", "other"].map {
            """
            {"account":"\($0)","request_id":"bound","model":"m","completed_at":"2025-02-27T16:30:00Z","output_tokens":1}
            """
        }
        let answer = try server.send(
            "POST", "/v1/events", token: token,
            body: "[\(rows.joined(separator: ",")),{\"account\":\"b\",\"reverses\":\"c\"}]")
        #expect(answer.status == 207)
        let answers = try #require(answer.json["answers"] as? [[String: Any]])
        #expect(answers.map { $0["answer"] as? String } == ["accepted", "rejected", "rejected"])
        #expect(answers.map { $0["code"] as? String } == [nil, "other_account", "other_account"])
    }

    /// A browser asks for a name and a password.
    @Test func thePageTakesATokenAsAPassword() throws {
        let token = try server.token([.report, .balance])
        let basic = Data("anyone:\(token)".utf8).base64EncodedString()
        let page = try server.send("GET", "/?month=2025-02", headers: ["Authorization: Basic \(basic)"])
        #expect(page.status == 200 && page.body.contains("2025-02") && page.body.hasPrefix("<!DOCTYPE html>"))
        #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
        #expect(page.headers["cache-control"] == "no-store")
        // A page of somebody else's could make a browser send it: nothing but the page takes it.
        let balance = try server.send(
            "GET", "/v1/accounts/acme/balance", headers: ["Authorization: Basic \(basic)"])
        #expect(balance.status == 401)
        #expect(try server.send("GET", "/?month=2025-13", token: token).status == 400)
    }

    @Test func aTokenThatIsRevokedIsSoonGoodNoLonger() throws {
        let token = try server.token([.metrics])
        #expect(try call(.metrics, token: token).status == 200)
        try server.database.store.revokeToken(String(token.split(separator: "_")[1]), at: SystemClock.now)
        var status = 200
        for _ in 0..<300 where status == 200 {
            usleep(100_000)
            status = try call(.metrics, token: token).status
        }
        #expect(status == 401)
    }

    /// What is stored cannot be used: the secret is not in it.
    @Test func secretsAreNotStored() throws {
        let token = try server.token()
        let secret = try #require(token.split(separator: "_").last)
        let rows = try server.database.psql("SELECT api_token::text FROM taximeter.api_token")
        #expect(rows.contains(token.split(separator: "_")[1]) && !rows.contains(secret))
    }
}
#endif
