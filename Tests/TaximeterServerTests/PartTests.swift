import CoreMetrics
import Taximeter
import TestKit
import Testing

@testable import TaximeterServer

/// The parts of the sidecar that need no network.
@Suite struct PartTests {
    @Test func paths() throws {
        func found(_ method: String, _ path: String) -> (Route, [String])? {
            guard case .found(let route, let parameters) = Route.match(method: method, path: path) else { return nil }
            return (route, parameters)
        }
        for route in Route.allCases {
            let path = route.path.replacing("{account}", with: "a").replacing("{id}", with: "b")
            let match = try #require(found(route.method, path))
            #expect(match.0 == route && match.1 == (path == route.path ? [] : Array(["a", "b"].prefix(match.1.count))))
        }
        #expect(found("GET", "/v1/accounts/a%2Fb/balance")?.1 == ["a%2Fb"])
        #expect(found("GET", "/v1/accounts//balance") == nil)
        #expect(found("HEAD", "/healthz") == nil)
    }

    @Test func theRate() {
        let limiter = RateLimiter(perSecond: 2)
        let second: Int64 = 1_000_000_000
        // Ten seconds' worth at once, then two a second.
        #expect((0..<25).count { _ in limiter.take("a", at: 0).isGranted } == 20)
        #expect(limiter.take("a", at: 0).retryAfterSeconds == 1)
        #expect(limiter.take("b", at: 0).isGranted)
        #expect((0..<5).count { _ in limiter.take("a", at: second).isGranted } == 2)
        #expect((0..<50).count { _ in limiter.take("a", at: 100 * second).isGranted } == 20)
        #expect((0..<100).allSatisfy { _ in RateLimiter(perSecond: 0).take("a").isGranted })
    }

    @Test func metricsAsText() {
        let metrics = PrometheusMetrics()
        Counter(label: "a.b", dimensions: [("reason", "x\"\\\n")], factory: metrics).increment(by: 3)
        Counter(label: "a.b", dimensions: [("reason", "x\"\\\n")], factory: metrics).increment()
        Gauge(label: "level", factory: metrics).record(-2)
        Recorder(label: "sizes", factory: metrics).record(5)
        Recorder(label: "sizes", factory: metrics).record(7)
        let timer = Timer(label: "took", factory: metrics)
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(20_000_000_000)
        let text = metrics.text()
        #expect(text.contains("# TYPE a_b_total counter\na_b_total{reason=\"x\\\"\\\\\\n\"} 4\n"))
        #expect(text.contains("# TYPE level gauge\nlevel -2\n"))
        #expect(text.contains("sizes_count 2\n") && text.contains("sizes_sum 12\n"))
        #expect(text.contains("took_seconds_bucket{le=\"0.001\"} 0\ntook_seconds_bucket{le=\"0.0025\"} 1\n"))
        #expect(
            text.contains("took_seconds_bucket{le=\"+Inf\"} 2\ntook_seconds_sum 20.002000000\ntook_seconds_count 2\n"))
    }

    /// SHA-256 as PostgreSQL computes it, of random bytes of every length around its blocks.
    @Test func hashes() async throws {
        let database = try TestDatabase()
        try await withSeed { generator in
            let messages = (0...200).map { length in
                (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            }
            func hexadecimal(_ bytes: [UInt8]) -> String {
                bytes.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
            }
            let values = messages.map { "('\\x\(hexadecimal($0))'::bytea)" }.joined(separator: ",")
            let theirs = try database.psql("SELECT encode(sha256(m), 'hex') FROM (VALUES \(values)) AS t (m)")
            let lines = theirs.split(separator: "\n").map(String.init)
            try #require(lines.count == messages.count)
            for (message, line) in zip(messages, lines) where hexadecimal(SHA256.hash(message)) != line {
                Issue.record("\(message.count) bytes: \(hexadecimal(message))")
            }
        }
    }

    @Test func tokensAreToldByTheirSecrets() throws {
        let (stored, text) = TokenText.random()
        let presented = try #require(TokenText(text))
        #expect(presented.id == stored.id && presented.matches(stored.hash))
        #expect(!presented.matches(TokenText.random().stored.hash) && !presented.matches([]))
        #expect(text.wholeMatch(of: /tm_[0-9a-f]{16}_[0-9a-f]{64}/) != nil)
        #expect(TokenText.random().text != text)
    }
}
