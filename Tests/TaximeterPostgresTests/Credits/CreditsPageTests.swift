import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

// The examples of docs/credits.md, which this file compiles and runs.
func serve(
    _ requestID: Identifier, of account: Identifier, most: Money, store: Store, request: () throws -> Money
) throws -> Bool {
    let answer = try store.reserve(account, id: requestID, most, for: .seconds(600))
    guard case .reserved = answer else { return false }  // .insufficient, .limitReached, .conflict
    let actual = try request()  // serves it, and records its usage
    _ = try store.settle(account, id: requestID, actual)  // or release, when it cost nothing
    return true
}

func makeCache(store: Store) -> BalanceCache {
    let cache = BalanceCache(store)  // options: pause 1 s, maximumAge 5 s
    cache.start()
    return cache  // cache.account(id) once for each account, beside its API key
}

func isAllowed(_ most: Money, by account: CachedAccount) -> Bool {
    account.allows(most) ?? true  // nil: not known, or too old
}

@Suite struct CreditsPageTests {
    @Test func theExamplesRunAndAreThePages() throws {
        let bench = try CreditBench()
        try bench.grant("paid", "10")
        let acme = try Identifier("acme")
        #expect(try serve(Identifier("r1"), of: acme, most: usd("6"), store: bench.store) { try usd("2") })
        #expect(try !serve(Identifier("r2"), of: acme, most: usd("9"), store: bench.store) { try usd("9") })
        #expect(try bench.store.balance(of: acme)?.available == usd("8"))
        let cache = makeCache(store: bench.store)
        defer { cache.stop() }
        #expect(try isAllowed(usd("1"), by: cache.account(acme)))

        let page = try String(contentsOf: Fixtures.packageRoot.appending(path: "docs/credits.md"), encoding: .utf8)
        let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
        for name in ["func serve(", "func makeCache(", "func isAllowed("] {
            let start = try #require(source.range(of: name)).lowerBound
            let end = try #require(source[start...].range(of: "\n}\n")).upperBound
            #expect(page.contains(source[start..<end]), "\(name)")
        }
    }
}
