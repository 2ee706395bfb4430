import TaximeterPostgres
import TestKit
import Testing

/// The page of a month, on the command line: whole, and with something wrong.
@Suite struct ReconcileCommandTests {
    @Test func aMonth() throws {
        let database = try TestDatabase()
        func taximeter(_ arguments: String..., input: String = "") throws -> CommandLineTool.Result {
            try CommandLineTool.run(
                arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
        }
        let events = """
            {"account":"a","request_id":"1","model":"m","completed_at":"2025-03-01T00:00:00Z","output_tokens":5}

            """
        _ = try taximeter("ingest", "-", "--format", "jsonl", input: events)
        let waiting = try taximeter("reconcile", "--month", "2025-03")
        #expect(waiting.exitCode == 65)
        #expect(
            waiting.output.hasPrefix(
                """
                roll-up: hour 2025-03-01T00:00Z: expected summed; found waiting; \
                likely cause: usage came in since the last run: taximeter run

                """))
        #expect(waiting.output.hasSuffix("2025-03 does not tie out: 1 differences\n"))
        _ = try taximeter("run")
        let unpriced = try taximeter("reconcile", "--month", "2025-03")
        #expect(unpriced.exitCode == 65)
        #expect(
            unpriced.output.contains("found 1 events without a price; difference +1; likely cause: no tariff covers"))
        #expect(unpriced.output.contains("charges       1         1             0              5\n"))
        #expect(
            try taximeter("reconcile", "--month", "2025-04")
                == .init(
                    exitCode: 0,
                    output: """
                        2025-04, usage by stage, UTC hours
                        none

                        billing periods that end in the month, exact
                        none

                        their invoices
                        none

                        2025-04 ties out: no differences

                        """))
        #expect(try taximeter("reconcile", "--month", "2025-4").exitCode == 64)
    }
}
