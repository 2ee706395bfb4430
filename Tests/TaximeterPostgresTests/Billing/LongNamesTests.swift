import TestKit
import Testing

@testable import Taximeter
@testable import TaximeterPostgres

/// The longest names that are allowed: an index of the store must take the ids of their usage lines.
@Suite struct LongNamesTests {
    /// 255 bytes that no compression shortens much, each slash of which is escaped to three.
    private func name(_ seed: UInt64) throws -> Identifier {
        var random = SeededGenerator(seed: seed)
        let letters = Array("/%abcdefghijklmnopqrstuvwxyz0123456789-")
        return try Identifier(String((0..<255).map { _ in letters.randomElement(using: &random) ?? "/" }))
    }

    @Test func theyAreRatedAndBilled() throws {
        let database = try TestDatabase()
        let names = try (0..<5).map { try name(UInt64($0)) }
        _ = try database.store.load(
            try PriceBook.parse(
                """
                price_book: "\(names[0])"
                currency: USD
                tariffs:
                  - model: "\(names[1])"
                    versions:
                      - from: 2025-01-01T00:00:00Z
                        rates: {cache_miss: 0, cache_hit: 0, output: 1000}
                        multipliers: {"\(names[4])": 2}
                """, file: "list.yaml"))
        let events = try [(names[2], names[4]), (names[3], names[4])].enumerated().map { index, name in
            try event(
                "\(index)", model: names[1].text, channel: name.0.text, tier: name.1.text, output: 1_000)
        }
        #expect(try database.store.record(events) == [.accepted, .accepted])
        try database.bill("2025-03")
        let ids = try database.psql(
            "SELECT count(DISTINCT line_id), max(octet_length(line_id)) <= 1000 FROM taximeter.usage_line")
        #expect(ids == "2|t\n")
        #expect(try database.differences() == [])
    }

    /// Within the bound an id says all; beyond it, its beginning and a hash of all, cut between characters.
    @Test func idsAreBounded() throws {
        func id(_ channel: String, plan: String = "p") throws -> String {
            let start = try instant("2025-01-01T00:00:00Z")
            let long = try Identifier(String(repeating: "é", count: 127))
            return UsageLine.Key(
                segmentStart: start, plan: try Identifier(plan), priceBook: long, model: long, versionFrom: start,
                channel: try Identifier(channel), serviceTier: long, band: nil, schedule: nil, tokenClass: .output,
                tier: nil, allowance: nil
            ).id
        }
        #expect(try id("c").hasSuffix("/output/-/-"))
        let slashes = String(repeating: "/", count: 84)
        let (one, other) = try (id(slashes + "a"), id(slashes + "b"))
        for text in [one, other] {
            #expect(text.utf8.count <= 1_000 && text.utf8.count > 995)
            #expect(text.contains(/~[0-9a-f]{32}$/))
        }
        #expect(one != other)
        #expect(try one == id(slashes + "a"))
        #expect(try id("c", plan: String(repeating: "p", count: 200)).utf8.count <= 1_000)
    }
}
