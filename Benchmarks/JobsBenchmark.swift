import PostgresWire
import Taximeter
import TaximeterPostgres

/// Rolling up and rating everything that was stored, next to one hand-written GROUP BY of the same events.
struct JobsBenchmark {
    let workload: Workload
    let options: ConnectionOptions

    init(_ workload: Workload, _ options: ConnectionOptions) {
        self.workload = workload
        self.options = options
    }

    private struct CountEvents: Statement {
        var sql: SQL { "SELECT count(*) FROM taximeter.usage_event" }
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
    }

    func run() throws {
        let store = Store(options)
        let connection = try Connection.open(options)
        let events = Int(try connection.query(CountEvents()).first ?? 0)
        _ = try store.load(workload.book)
        try Benchmark(
            name: "rolling up and rating, hourly buckets written and charged", unit: "events", runs: 1,
            subject: {
                try store.run()
                return events
            },
            baselineName: "GROUP BY account, model, night, three sums: nothing written",
            baseline: {
                try connection.execute(
                    """
                    CREATE TEMP TABLE bill AS
                    SELECT account_key, model_key, extract(hour FROM completed_at AT TIME ZONE 'UTC') >= 16 AS night,
                        sum(cache_hit_tokens) AS hit, sum(cache_miss_tokens) AS miss, sum(output_tokens) AS output
                    FROM taximeter.usage_event GROUP BY 1, 2, 3
                    """)
                return events
            }
        ).run()
    }
}
