#if Server
import Foundation
import Glibc
import Taximeter
import TestKit
import Testing

/// Requests that no client would send, on bare sockets, to a server with small limits. After each of them it goes on.
@Suite struct LimitTests {
    private static let shared = Result {
        try ServedDatabase([
            "--max-body", "2000", "--max-batch", "3", "--receive-timeout", "2", "--rate", "0", "--max-connections",
            "64",
        ])
    }
    private let server: ServedDatabase
    private let token: String

    init() throws {
        server = try Self.shared.get()
        token = try server.token([.ingest, .balance])
    }

    private func expectHealth() throws { #expect(try server.send("GET", "/healthz").body == "ok\n") }

    private func head(_ fields: String...) -> String {
        let fields = ["Host: x", "Authorization: Bearer \(token)", "Content-Type: application/json"] + fields
        return "POST /v1/events HTTP/1.1\r\n" + fields.joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test func bodiesThatAreTooLarge() throws {
        let told = try server.send("POST", "/v1/events", token: token, body: String(repeating: " ", count: 2_001))
        #expect(told.status == 413 && told.code == "too_large")
        // In chunks nobody says beforehand how much it will be.
        let connection = try HTTPConnection(port: server.port)
        try connection.send(head("Transfer-Encoding: chunked"))
        for _ in 0..<3 { try connection.send("3e8\r\n\(String(repeating: " ", count: 1_000))\r\n") }
        #expect(try connection.answer()?.status == 413)
        // A length that no number holds.
        let absurd = try HTTPConnection(port: server.port)
        try absurd.send(head("Content-Length: 99999999999999999999999"))
        #expect([400, 413, nil].contains(try absurd.answer()?.status))
        try expectHealth()
    }

    @Test func batchesThatAreTooLarge() throws {
        let three = try server.send("POST", "/v1/events", token: token, body: "[1,2,3]")
        #expect(three.status == 207)
        let four = try server.send("POST", "/v1/events", token: token, body: "[1,2,3,4]")
        #expect(four.status == 413 && four.code == "too_many_events")
    }

    @Test func headsThatAreTooLarge() throws {
        for fields in [
            ["X-Long: " + String(repeating: "x", count: 20_000)],
            (0..<30).map { "X-\($0): " + String(repeating: "x", count: 1_000) },
            (0..<200).map { "X-\($0): x" },
        ] {
            let connection = try HTTPConnection(port: server.port)
            try connection.send(HTTPConnection.request("GET", "/healthz", headers: fields))
            let status = try connection.answer()?.status
            #expect(status == 400 || status == 431 || status == nil, "\(String(describing: status))")
        }
        let long = try HTTPConnection(port: server.port)
        try long.send(HTTPConnection.request("GET", "/" + String(repeating: "x", count: 100_000)))
        let status = try long.answer()?.status
        #expect([400, 404, 414, nil].contains(status), "\(String(describing: status))")
        try expectHealth()
    }

    @Test(arguments: [
        "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}",
        "GET / HTTP/1.1\r\nHost x\r\n\r\n",
        "POST /v1/events HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/events HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST /v1/events HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func malformedRequests(_ text: String) throws {
        let connection = try HTTPConnection(port: server.port)
        try connection.send(text)
        let answer = try connection.answer()
        #expect(answer.map { (400..<500).contains($0.status) } ?? true, "\(String(describing: answer))")
        try expectHealth()
    }

    @Test func randomBytes() async throws {
        try await withSeed { generator in
            for _ in 0..<50 {
                let connection = try HTTPConnection(port: server.port)
                let noise = (0..<Int.random(in: 1...500, using: &generator)).map { _ in
                    UInt8.random(in: .min ... .max, using: &generator)
                }
                let isBehindAHead = Bool.random(using: &generator)
                do {
                    if isBehindAHead { try connection.send(head("Content-Length: \(noise.count)")) }
                    try connection.send(noise)
                } catch is HTTPConnection.Failed {
                    // It was cut off already.
                }
                connection.closeOutput()
                if let answer = try connection.answer() {
                    #expect((200..<500).contains(answer.status), "\(answer)")
                }
            }
            try expectHealth()
        }
    }

    /// A head that never ends: the connection is closed.
    @Test func slowHeads() throws {
        let connection = try HTTPConnection(port: server.port)
        try connection.send("GET /healthz HTTP/1.1\r\nHost:")
        try connection.waitForEnd()
        try expectHealth()
    }

    /// A body that comes byte by byte, for ever: that something comes does not help.
    @Test func slowBodies() throws {
        let connection = try HTTPConnection(port: server.port)
        try connection.send(head("Content-Length: 1000"))
        var isOpen = true
        for _ in 0..<100 where isOpen {
            usleep(200_000)
            do { try connection.send(" ") } catch is HTTPConnection.Failed { isOpen = false }
        }
        #expect(!isOpen, "closed before 20 seconds are over")
        try expectHealth()
    }

    /// A body after a request was refused without it: nobody listens to it for ever.
    @Test func slowBodiesThatNobodyWants() throws {
        let connection = try HTTPConnection(port: server.port)
        try connection.send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        let answer = try connection.answer()
        #expect(answer?.status == 401 && answer?.headers["connection"] == "close")
        var isOpen = true
        for _ in 0..<100 where isOpen {
            usleep(200_000)
            do { try connection.send(" ") } catch is HTTPConnection.Failed { isOpen = false }
        }
        #expect(!isOpen, "closed before 20 seconds are over")
    }

    @Test func idleConnectionsAreClosed() throws {
        let connection = try HTTPConnection(port: server.port)
        try connection.send(HTTPConnection.request("GET", "/healthz"))
        #expect(try connection.answer()?.status == 200)
        try connection.waitForEnd()
    }

    /// Who says that nothing more will come is answered all the same.
    @Test func halfClosedConnections() throws {
        let connection = try HTTPConnection(port: server.port)
        try connection.send(HTTPConnection.request("POST", "/v1/events", token: token, body: "[]"))
        connection.closeOutput()
        #expect(try connection.answer()?.status == 200)
        // In the middle of a body it is over.
        let broken = try HTTPConnection(port: server.port)
        try broken.send(head("Content-Length: 100") + "[")
        broken.closeOutput()
        try broken.waitForEnd()
        // And whoever leaves without a word is missed by nobody.
        do {
            let gone = try HTTPConnection(port: server.port)
            try gone.send(head("Content-Length: 100") + "[")
        }
        try expectHealth()
    }

    @Test func requestsOneAfterTheOtherOnOneConnection() throws {
        let connection = try HTTPConnection(port: server.port)
        let request = HTTPConnection.request("POST", "/v1/events", token: token, body: "[]")
        try connection.send(request + HTTPConnection.request("GET", "/healthz") + request)
        #expect(
            try [connection.answer()?.status, connection.answer()?.status, connection.answer()?.status] == [
                200, 200, 200,
            ])
    }

    @Test func pathsAndMethods() throws {
        for path in ["/nope", "/v1", "/v1/events/", "//healthz", "/v1/accounts//balance", "/../healthz"] {
            #expect(try server.send("GET", path, token: token).status == 404, "\(path)")
        }
        let wrong = try server.send("PUT", "/v1/events", token: token)
        #expect(wrong.status == 405 && wrong.headers["allow"] == "POST")
        #expect(try server.send("GET", "/v1/accounts/%ff/balance", token: token).code == "malformed")
        #expect(try server.send("GET", "/v1/accounts/a%00b/balance", token: token).code == "malformed")
        #expect(
            try server.send("GET", "/v1/accounts/\(String(repeating: "x", count: 256))/balance", token: token)
                .status == 400)
        #expect(try server.send("GET", "/v1/accounts/a%2Fb%C3%A9/balance", token: token).code == "no_balance")
    }

    /// More connections than are allowed wait until others end.
    @Test func connectionsBeyondTheLimitWait() throws {
        let server = try ServedDatabase(["--max-connections", "2", "--receive-timeout", "2"])
        let idle = try (0..<2).map { _ in try HTTPConnection(port: server.port) }
        for connection in idle {
            try connection.send(HTTPConnection.request("GET", "/healthz"))
            #expect(try connection.answer()?.status == 200)
        }
        // Answered once one of the idle ones was closed.
        #expect(try server.send("GET", "/healthz").status == 200)
    }

    /// More requests than are worked on at once are told to come again.
    @Test func requestsBeyondTheLimitComeAgain() throws {
        // On a busy machine it takes a while until the slow one is worked on, and to ask the others.
        let server = try ServedDatabase(["--max-requests", "1", "--receive-timeout", "240"])
        let token = try server.token([.ingest])
        let slow = try HTTPConnection(port: server.port)
        // Its body does not come yet, so it is worked on.
        try slow.send(
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n")
        var other = try server.send("GET", "/healthz")
        for _ in 0..<10_000 where other.status == 200 {
            usleep(5_000)
            other = try server.send("GET", "/healthz")
        }
        #expect(other.status == 503 && other.code == "too_many_requests" && other.headers["retry-after"] == "1")
        try slow.send("[]")
        #expect(try slow.answer()?.status == 200)
        #expect(try server.send("GET", "/healthz").status == 200)
    }

    @Test func aTokenIsHeldToItsRate() throws {
        let server = try ServedDatabase(["--rate", "1"])
        let (token, other) = (try server.token([.metrics]), try server.token([.metrics]))
        var refused: HTTPAnswer?
        for _ in 0..<40 where refused == nil {
            let answer = try server.send("GET", "/metrics", token: token)
            if answer.status == 429 { refused = answer }
        }
        #expect(refused?.code == "rate" && refused?.headers["retry-after"] == "1")
        #expect(try server.send("GET", "/metrics", token: other).status == 200)
    }
}
#endif
