import PostgresWire
import Taximeter
import TaximeterPostgres

/// Storing events once each, next to plain COPY of the same rows into a table of the same columns without any key.
struct IngestBenchmark {
    let workload: Workload
    let options: ConnectionOptions

    init(_ workload: Workload, _ options: ConnectionOptions) {
        self.workload = workload
        self.options = options
    }

    func run() throws {
        let store = Store(options)
        let connection = try Connection.open(options)
        try connection.runScript(
            """
            CREATE TABLE plain (
                account_key bigint, completed_at timestamptz, started_at timestamptz, hit bigint, miss bigint,
                write bigint, write_1h bigint, output bigint, requests bigint, model_key integer, channel_key integer,
                service_tier_key integer, request_id text)
            """)
        var run = 0
        var batches: [[UsageEvent]] = []
        func measure(_ name: String, _ subject: @escaping () throws -> Int) throws {
            try Benchmark(
                name: "storing events, each once by (account, request id), batches of 10,000, \(name)", unit: "events",
                runs: 5,
                prepare: {
                    run += 1
                    batches = try self.batches(run)
                },
                subject: subject, baselineName: "plain COPY BINARY, no key, batches of 10,000",
                baseline: { try batches.reduce(0) { $0 + (try copy($1, connection)) } }
            ).run()
        }
        try measure("one after another") {
            try batches.reduce(0) { $0 + (try store.record($1).count { $0 == .accepted }) }
        }
        try measure("two under way") {
            let pipeline = RecordingPipeline(store)
            var accepted = 0
            for batch in batches {
                try pipeline.record(batch) { answers in accepted += answers.events.count { $0 == .accepted } }
            }
            try pipeline.finish()
            return accepted
        }
    }

    /// The same events under other ids.
    private func batches(_ run: Int) throws -> [[UsageEvent]] {
        try stride(from: 0, to: workload.events.count, by: 10_000).map { start in
            try workload.events[start..<min(start + 10_000, workload.events.count)].map { event in
                try UsageEvent(
                    account: event.account, model: event.model, channel: event.channel, serviceTier: event.serviceTier,
                    requestID: Identifier("\(event.requestID)-\(run)"), startedAt: event.startedAt,
                    completedAt: event.completedAt, tokens: event.tokens)
            }
        }
    }

    private func copy(_ events: [UsageEvent], _ connection: Connection) throws -> Int {
        try connection.copyIn("COPY plain FROM STDIN (FORMAT binary)") { writer in
            for event in events {
                try writer.beginRow(columns: 13)
                writer.append(Int64(1))
                try writer.append(Timestamp(microseconds: event.completedAt.microseconds))
                try writer.append(Timestamp(microseconds: event.startedAt.microseconds))
                for tokenClass in TokenClass.allCases { writer.append(event.tokens[tokenClass]) }
                writer.append(event.requests)
                for _ in 0..<3 { try writer.append(Int32(1)) }
                try writer.append(event.requestID.text)
            }
        }
    }
}
