import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Usage of a token class that has no rate is unpriced; the usage beside it is not.
@Suite struct UnratedClassTests {
    private static let book = """
        price_book: b
        currency: USD
        tariffs:
          - model: m
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {cache_hit: 0.1, cache_miss: 1, output: 2}
        """

    @Test func aNeighbourKeepsItsPrice() throws {
        let database = try TestDatabase()
        try database.store.add(PriceBook.parse(Self.book, file: "b.yaml"))
        let instant = try #require(Instant(rfc3339: "2025-03-01T10:00:00Z"))
        func event(_ id: String, _ tokens: TokenCounts) throws -> UsageEvent {
            try UsageEvent(
                account: Identifier("a"), model: Identifier("m"), channel: Identifier("api"),
                serviceTier: Identifier("standard"), requestID: Identifier(id), startedAt: instant,
                completedAt: instant, tokens: tokens)
        }
        _ = try database.store.record([
            event("1", TokenCounts(cacheMiss: 1_000_000)), event("2", TokenCounts(cacheMiss: 5, cacheWrite: 7)),
            event("3", TokenCounts(cacheHit: 1_000_000, output: 1_000_000)),
        ])
        try database.store.run()
        let charges = "SELECT events, unpriced_reason, round(net_amount, 2) FROM taximeter.charge ORDER BY events DESC"
        #expect(try database.psql(charges) == "2||3.10\n1|no_rate_cache_write|\n")

        // A later version with a rate for the class gives the rest its price.
        let complete = try PriceBook.parse(
            Self.book.replacing("2025-01-01", with: "2025-02-01").replacing(
                "output: 2", with: "output: 2, cache_write: 3, cache_write_1h: 4"), file: "c.yaml")
        try database.store.add(complete)
        try database.store.run()
        #expect(
            try database.psql("SELECT sum(net_amount) = 3.100026, count(unpriced_reason) FROM taximeter.charge")
                == "t|0\n")
    }
}
