import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// The tables themselves refuse what the library would never write: the second line against a bug or a hand in psql.
@Suite struct ConstraintTests {
    private static let database = Result {
        let database = try TestDatabase()
        _ = try database.store.load(book("- from: 2025-01-01T00:00:00Z\n  rates: {output: \"1\"}"))
        _ = try database.store.record([event("1")])
        try database.store.run()
        return database
    }

    /// Copies the row of a table with some columns changed.
    private func insert(_ table: String, _ columns: String) throws {
        let connection = try Connection.open(Self.database.get().options)
        try connection.execute(
            SQL(
                unsafe: """
                    INSERT INTO taximeter.\(table)
                    SELECT (jsonb_populate_record(t, '{\(columns)}')).* FROM taximeter.\(table) AS t LIMIT 1
                    """))
    }

    @Test(arguments: [
        ("usage_event", #""output_tokens": -1"#), ("usage_event", #""cache_hit_tokens": 1000000000000001"#),
        ("usage_event", #""cache_miss_tokens": -1"#), ("usage_event", #""cache_write_tokens": -1"#),
        ("usage_event", #""cache_write_1h_tokens": -1"#), ("usage_event", #""requests": 0"#),
        ("usage_event", #""request_id": """#), ("usage_event", #""sign": 0"#), ("usage_event", #""sign": 2"#),
        ("usage_event", #""started_at": "2025-03-10T10:20:31Z""#),
        ("usage_event", #""started_at": "1969-12-31T23:59:59Z""#), ("usage_event", #""started_at": "-infinity""#),
        ("usage_bucket", #""events": -1, "requests": -1, "input_floor": 7"#),
        ("usage_bucket", #""requests": 0, "input_floor": 7"#),
        ("usage_bucket", #""output_tokens": -1, "input_floor": 7"#),
        ("charge", #""input_floor": 7, "net_amount": 7"#), ("charge", #""input_floor": 7, "net_amount": null"#),
        ("charge", #""input_floor": 7, "unpriced_reason": "no_tariff""#),
        ("charge", #""input_floor": 7, "theoretical_amount": "NaN""#),
        ("charge", #""input_floor": 7, "theoretical_amount": "Infinity""#),
        ("charge", #""input_floor": 7, "list_amount": "NaN""#),
        ("charge", #""input_floor": 7, "monetised_amount": "Infinity""#),
        ("charge", #""input_floor": 7, "scheduled_amount": "NaN""#),
        ("charge", #""input_floor": 7, "list_amount": -1"#),
        ("charge", #""input_floor": 7, "net_amount": "NaN", "output_amount": "NaN""#),
        (
            "charge",
            #""input_floor": 7, "net_amount": 0, "output_amount": 1, "cache_hit_amount": -1"#
        ),
        ("account", #""account_key": 2, "external_id": """#),
        ("price_book", #""price_book_key": 2, "name": "b", "currency": "usd""#),
        ("price_book", #""price_book_key": 2, "name": "b", "rating_instant": "now""#),
        ("account_period", #""period_start": "2026-01-01T00:00:00Z""#), ("price_state", #""singleton": false"#),
    ])
    func refuses(_ table: String, _ columns: String) throws {
        let error = #expect(throws: PostgresError.self) { try insert(table, columns) }
        #expect(error?.sqlState == .checkViolation, "\(String(reflecting: error))")
    }

    /// The control: the same way of inserting takes rows that are as they should be.
    @Test(arguments: [
        ("usage_event", #""request_id": "other""#), ("usage_bucket", #""input_floor": 8"#),
        ("charge", #""input_floor": 8"#),
    ])
    func accepts(_ table: String, _ columns: String) throws {
        try insert(table, columns)
    }
}
