import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// The margin tables hold what charges and costs add up to, whatever happens meanwhile.
@Suite struct MarginJobTests {
    private static let pools = """
        pools:
          - name: p
            gpu: H800
            gpus_per_node: 8
            rates: [{from: "2025-01-01T00:00:00Z", per_gpu_hour: "2.000000000000000001", currency: USD}]
        """

    private static func costs(_ occupancy: String..., policies: String = "") throws -> CostFile {
        let intervals = occupancy.map { "\n  - {pool: p, \($0)}" }.joined()
        let text = pools + (occupancy.isEmpty ? "" : "\noccupancy:" + intervals) + policies
        return try CostFile.parse(text + "\n", file: "costs.yaml")
    }

    /// DeepSeek's day: 24 hours of which the cost is known exactly, over two UTC days and two months at most.
    @Test func thePublishedDay() throws {
        let database = try PublishedDay.shared.get()
        #expect(try database.marginFaults() == "")
        let cost = MarginSums.costs.joined(separator: " + ")
        for table in ["margin_hour", "margin_account_day", "margin_account_month"] {
            #expect(
                try database.psql("SELECT trim_scale(sum(\(cost))) FROM taximeter.\(table)") == "87072\n", "\(table)")
        }
        #expect(
            try database.psql(
                """
                SELECT count(*), count(DISTINCT cost) FROM (
                    SELECT h.hour, sum(\(cost)) AS cost FROM taximeter.margin_hour AS h GROUP BY 1
                    EXCEPT SELECT c.hour, sum(c.cost) FROM taximeter.gpu_cost_hourly AS c GROUP BY 1) AS d
                """) == "0|0\n")
        #expect(try database.store.run().marginDays == 0)
    }

    /// Usage in random batches, nodes of two models and shared ones, late events and corrections of costs in between.
    @Test(arguments: [1, 2, 3]) func nothingIsLost(_ producer: UInt64) async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            _ = try database.store.load(
                book("- from: 2025-01-01T00:00:00Z\n  rates: {output: \"2.19\", cache_hit: \"0.14\"}"))
            _ = try database.store.load(
                Self.costs(
                    #"from: "2025-03-09T23:17:00Z", until: "2025-03-12T05:41:13Z", nodes: 3"#,
                    #"model: model-a, from: "2025-03-10T00:00:00Z", until: "2025-03-11T03:00:00Z", nodes: 7"#,
                    #"model: never-asked, from: "2025-03-11T00:00:00Z", until: "2025-03-11T02:00:00Z", nodes: 1"#,
                    policies: """

                        policies:
                          - from: "2025-03-10T12:00:00Z"
                            method: phase_weights
                            throughput: {cache_miss: "0.37", output: "0.11"}
                            idle: even
                          - from: "2025-03-11T12:00:00Z"
                            method: phase_weights
                            throughput: {cache_hit: "3", cache_miss: "0.37", output: "0.11"}
                            idle: proportional
                        """))
            for batch in try TestProducer(producer).batches(4, &generator) {
                _ = try database.store.store(batch)
                try database.store.run()
                #expect(try database.marginFaults() == "")
            }
            _ = try database.store.load(
                Self.costs(#"from: "2025-03-09T22:00:00Z", until: "2025-03-12T06:00:00Z", nodes: 2"#))
            #expect(try database.store.run().marginDays == 4)
            #expect(try database.marginFaults() == "")
            #expect(
                try database.psql(
                    """
                    SELECT count(DISTINCT hour) FROM taximeter.margin_hour AS h
                    INNER JOIN taximeter.model AS m USING (model_key) WHERE m.name = 'never-asked' AND idle_cost > 0
                    """) == "2\n")
        }
    }

    /// Killed again and again, and several at once: the same rows as in peace.
    @Test func killedAndTogether() async throws {
        try await withSeed { generator in
            let batches = try TestProducer(9).batches(6, events: 400, &generator)
            let costs = try Self.costs(#"from: "2025-03-10T00:00:00Z", until: "2025-03-14T00:00:00Z", nodes: 5"#)
            let prices = try book("- from: 2025-01-01T00:00:00Z\n  rates: {output: \"2.19\"}")
            let (peaceful, troubled) = (try TestDatabase(), try TestDatabase())
            for database in [peaceful, troubled] {
                _ = try database.store.load(prices)
                for batch in batches { _ = try database.store.store(batch) }
            }
            for database in [peaceful, troubled] {
                try database.store.run()
                _ = try database.store.load(costs)
            }
            try peaceful.store.run()
            // What is killed is the computing of margins alone.
            let killer = BackendKiller(troubled.options, everyMilliseconds: 10)
            for _ in 0..<200 where killer.killed < 12 {
                _ = try? concurrently(2) { _ in
                    _ = try? troubled.psql(
                        "INSERT INTO taximeter.margin_dirty SELECT day, pg_current_xact_id() FROM taximeter.margin_account_day "
                            + "UNION SELECT day, pg_current_xact_id() FROM taximeter.margin_dirty ON CONFLICT DO NOTHING"
                    )
                    let store = Store(troubled.options).withoutRetries
                    defer { store.close() }
                    _ = try MarginJob(store: store).run { _, _ in }
                }
            }
            #expect(try killer.stop() > 0)
            _ = try concurrently(2) { _ in
                let store = Store(troubled.options)
                defer { store.close() }
                try store.run()
            }
            #expect(try troubled.marginFaults() == "")
            #expect(try troubled.namedMargins() == peaceful.namedMargins())
        }
    }

    /// An hour of which no cost is known has no cost, which is not none; what is known in another currency does not help.
    @Test func unknownCostIsNull() throws {
        let database = try TestDatabase()
        _ = try database.store.record([event("1", output: 5), event("2", at: "2025-03-10T12:00:00Z", output: 5)])
        _ = try database.store.load(
            Self.costs(#"from: "2025-03-10T12:00:00Z", until: "2025-03-10T13:00:00Z", nodes: 1"#))
        try database.store.run()
        let rows = """
            SELECT to_char(hour AT TIME ZONE 'UTC', 'HH24'), currency, events, unpriced_events, trim_scale(output_cost),
                trim_scale(idle_cost) FROM taximeter.margin_hour ORDER BY 1, 2
            """
        #expect(try database.psql(rows) == "10||1|1||\n12||1|1||\n12|USD|0|0|16.000000000000000008|0\n")
        #expect(try database.marginFaults() == "")
    }

    /// The same policy again changes nothing, another one of its name and instant is refused, a later one holds from then.
    @Test func policiesAreVersions() throws {
        let database = try TestDatabase()
        let day = #"from: "2025-03-10T10:00:00Z", until: "2025-03-10T12:00:00Z", nodes: 1"#
        func policy(_ from: String, _ method: String) -> String {
            """

            policies:
              - from: "2025-03-10T\(from):00:00Z"
                method: \(method)
                throughput: {cache_miss: "10", output: "1"}
            """
        }
        _ = try database.store.load(Self.costs(day))
        _ = try database.store.record([
            event("1", output: 900), event("2", at: "2025-03-10T11:00:00Z", output: 900),
        ])
        try database.store.run()
        let idle = """
            SELECT to_char(hour AT TIME ZONE 'UTC', 'HH24'), round(sum(idle_cost)) FROM taximeter.margin_hour
            WHERE currency = 'USD' GROUP BY 1 ORDER BY 1
            """
        #expect(try database.psql(idle) == "10|0\n11|0\n")
        #expect(
            try database.store.load(Self.costs(policies: policy("11", "tokens"))).addedPolicies.map(\.text)
                == ["default"])
        #expect(try database.store.run().marginDays == 1)
        #expect(try database.psql(idle) == "10|0\n11|12\n")
        #expect(try database.store.load(Self.costs(policies: policy("11", "tokens"))).addedPolicies == [])
        #expect(try database.store.run().marginDays == 0)
        #expect {
            try database.store.load(Self.costs(policies: policy("11", "phase_weights")))
        } throws: {
            ($0 as? StoreError)?.description.hasPrefix(
                "policy default from 2025-03-10T11:00:00Z is stored with another content") == true
        }
        _ = try database.store.load(Self.costs(policies: policy("10", "phase_weights")))
        try database.store.run()
        #expect(try database.psql(idle) == "10|12\n11|12\n")
        #expect(try database.marginFaults() == "")
    }
}
