import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Events and their keys go by the day; what was made of them stays.
@Suite struct RetentionTests {
    private static let prices = """
        - from: 2025-01-01T00:00:00Z
          rates: {cache_hit: "1", cache_miss: "1", cache_write: "1", cache_write_1h: "1", output: "2"}
        """
    private func charges(_ database: TestDatabase, _ condition: String) throws -> String {
        try database.psql(
            """
            SELECT account_key, slot_start, model_key, channel_key, output_tokens, net_amount FROM taximeter.charge
            WHERE \(condition) ORDER BY 1, 2, 3, 4
            """)
    }

    /// A late batch of dropped days, and prices that cut their hours elsewhere, change nothing that was billed for them; the
    /// days after take both.
    @Test func whatWasSummedOfDroppedDaysStands() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            _ = try database.store.load(book(Self.prices))
            #expect(try database.store.store(TestProducer(1).batch(1, &generator)) == .stored)
            try database.store.run()
            let dropped = "slot_start < '2025-03-12 00:00:00+00'"
            let before = (try charges(database, dropped), try charges(database, "NOT \(dropped)"))
            #expect(before.0 != "" && before.1 != "")
            try database.psql(
                """
                DROP TABLE taximeter.usage_event_2025_03_10, taximeter.usage_event_2025_03_11;
                SELECT taximeter.drop_event_keys('2025-03-12 00:00:00+00');
                """)

            #expect(try database.store.store(TestProducer(2).batch(1, &generator)) == .stored)
            try database.store.run()
            #expect(try charges(database, dropped) == before.0)
            #expect(try charges(database, "NOT \(dropped)") != before.1)
            // The marks of what came too late stay, to be seen.
            let marks = "SELECT count(*) > 0, max(hour) < '2025-03-12 00:00:00+00' FROM taximeter.dirty_hour"
            #expect(try database.psql(marks) == "t|t\n")

            // As if all hours had been cut otherwise before: the prices cut them elsewhere now.
            let same = try charges(database, "NOT \(dropped)")
            try database.psql(
                """
                UPDATE taximeter.usage_hour SET cuts = cuts || (hour + interval '7 minutes'), price_generation = 0
                """)
            try database.store.run()
            #expect(try charges(database, dropped) == before.0)
            #expect(try charges(database, "NOT \(dropped)") == same)
        }
    }
}
