import Foundation
import PostgresWire
import TaximeterPostgres
import TestKit
import Testing

/// docs/from-other-tools.md: what its queries give of tables of that shape is taken in as it is.
@Suite struct OtherToolsPageTests {
    /// Columns as of LiteLLM's `schema.prisma` and of Lago's `events`, as far as the page uses them.
    private static let tables = """
        CREATE TABLE "LiteLLM_SpendLogs" (
            request_id text, model text, prompt_tokens integer, completion_tokens integer, "startTime" timestamp(3),
            "endTime" timestamp(3), "user" text, team_id text, metadata jsonb);
        INSERT INTO "LiteLLM_SpendLogs" VALUES
            ('r-1', 'gpt-4o', 1000, 250, '2026-01-05 09:00:00.25', '2026-01-05 09:00:01', 'u', 'acme',
                '{"usage_object": {"prompt_tokens_details": {"cached_tokens": 900}}}'),
            ('r-2', 'gpt-4o', 40, 10, '2026-01-05 09:00:00', '2026-01-05 09:00:01', 'u', NULL, '{}'),
            ('failed', 'gpt-4o', 0, 0, '2026-01-05 09:00:00', '2026-01-05 09:00:01', 'u', '', '{}');
        CREATE TABLE events (
            external_subscription_id text, code text, properties jsonb, "timestamp" timestamp, deleted_at timestamp);
        INSERT INTO events VALUES
            ('acme', 'input_tokens', '{"request_id": "x", "model": "m", "tokens": "70"}', '2026-01-05 09:00:00', NULL),
            ('acme', 'cached_input_tokens', '{"request_id": "x", "model": "m", "tokens": 30}', '2026-01-05 09:00:00', NULL),
            ('acme', 'output_tokens', '{"request_id": "x", "model": "m", "tokens": 5}', '2026-01-05 09:00:01', NULL),
            ('acme', 'output_tokens', '{"request_id": "y", "model": "m", "tokens": 5}', '2026-01-05 09:00:01', now());
        """

    @Test(arguments: [
        (
            "LiteLLM_SpendLogs",
            """
            acme|r-1|gpt-4o|2026-01-05 09:00:00.25+00|900|100|250
            u|r-2|gpt-4o|2026-01-05 09:00:00+00|0|40|10

            """
        ), ("FROM events", "acme|x|m|2026-01-05 09:00:01+00|30|70|5\n"),
    ])
    func theHistoryIsTakenIn(_ source: String, _ stored: String) throws {
        let database = try TestDatabase()
        try database.psql(Self.tables)
        let page = try String(
            contentsOf: Fixtures.packageRoot.appending(path: "docs/from-other-tools.md"), encoding: .utf8)
        let queries = page.matches(of: /```sql\n((?:(?!```).*\n)*)```/).map { String($0.output.1) }
        let query = try #require(queries.first { $0.contains(source) })
        let taken = try CommandLineTool.run(
            ["ingest", "-", "--format", "csv"],
            environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString],
            input: try database.psql(query))
        #expect(taken.exitCode == 0, "\(taken)")
        let events = """
            SELECT a.external_id, e.request_id, m.name, e.started_at, e.cache_hit_tokens, e.cache_miss_tokens, e.output_tokens
            FROM taximeter.usage_event AS e INNER JOIN taximeter.account AS a USING (account_key)
            INNER JOIN taximeter.model AS m USING (model_key) ORDER BY 1, 2
            """
        #expect(try database.psql(events) == stored)
    }
}
