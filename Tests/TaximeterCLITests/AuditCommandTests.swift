import TaximeterPostgres
import TestKit
import Testing

@Suite struct AuditCommandTests {
    @Test func aDifferenceIsALineAndAnExitCode() throws {
        let database = try TestDatabase()
        func taximeter(_ arguments: String..., input: String = "") throws -> CommandLineTool.Result {
            try CommandLineTool.run(
                arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
        }
        let events = """
            {"account":"a","request_id":"1","model":"m","completed_at":"2025-03-01T00:00:00Z","output_tokens":5}
            {"account":"a","request_id":"2","model":"m","completed_at":"2025-03-01T01:00:00Z","output_tokens":5}

            """
        _ = try taximeter("ingest", "-", "--format", "jsonl", input: events)
        let summary = "2 events: 0 batches of 0 producers, 2 ids, 0 reversed, 0 set aside: "
        #expect(
            try taximeter("audit", "events")
                == .init(
                    exitCode: 0,
                    output: summary + "0 differences; 2 hours wait for taximeter run and were not compared\n"))
        _ = try taximeter("run")
        #expect(try taximeter("audit", "events") == .init(exitCode: 0, output: summary + "0 differences\n"))

        try database.psql(
            """
            SET session_replication_role = replica;
            UPDATE taximeter.usage_event SET output_tokens = 6 WHERE request_id = '2'
            """)
        #expect(
            try taximeter("audit", "events")
                == .init(
                    exitCode: 65,
                    output: """
                        buckets: account a hour 2025-03-01T01:00Z: expected 1 1 0 0 0 0 6; found 1 1 0 0 0 0 5
                        \(summary)1 differences

                        """))
    }
}
