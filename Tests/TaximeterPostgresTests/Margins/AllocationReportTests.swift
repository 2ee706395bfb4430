import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// The published day's cost under other policies than the stored margins follow.
@Suite struct AllocationReportTests {
    private static let hours = Result {
        (try instant("2025-02-27T04:00:00Z"), try instant("2025-02-28T04:00:00Z"))
    }

    /// One for all tests: they only read.
    private static let day = Result {
        let database = try PublishedDay.database()
        _ = try database.store.load(
            CostFile.parse(
                """
                policies:
                  - {name: phases, from: "2025-01-01T00:00:00Z", method: phase_weights,
                     throughput: {cache_hit: "73700", cache_miss: "73700", output: "14800"}}
                  - {name: without-hits, from: "2025-01-01T00:00:00Z", method: phase_weights, idle: proportional,
                     throughput: {cache_miss: "32243.75", output: "14800"}}
                """, file: "policies.yaml"))
        return database
    }

    private func rows(_ grouping: AllocationGrouping, _ policy: String) throws -> [AllocationRow] {
        let (from, until) = try Self.hours.get()
        return try Self.day.get().store.allocation(
            from: from, until: until, by: [grouping], policy: Identifier(policy))
    }

    /// Whatever the policy and the grouping, it is the day's $87,072 and its revenue.
    @Test(arguments: AllocationGrouping.allCases, ["default", "phases", "without-hits"])
    func sumsToTheDay(_ grouping: AllocationGrouping, _ policy: String) throws {
        let rows = try rows(grouping, policy)
        func sum(_ column: String) throws -> String {
            try rows.reduce(Money.zero(.usd)) { try $0 + Money($1[column] ?? "0", .usd) }.decimalText
        }
        #expect(try sum("cost") == "87072")
        #expect(
            try sum("theoretical_revenue") + "\n"
                == Self.day.get().psql("SELECT trim_scale(sum(theoretical_amount)) FROM taximeter.charge"))
        let parts = ["serving_cost", "idle_cost", "headroom_cost"]
        #expect(
            try parts.reduce(Money.zero(.usd)) { try $0 + Money(sum($1), .usd) }.decimalText == "87072")
    }

    /// The stored margins follow the default policy: the same figures.
    @Test func theDefaultIsWhatIsStored() throws {
        let stored = try Self.day.get().psql(
            """
            SELECT m.name, trim_scale(sum(output_cost)), trim_scale(sum(cache_hit_cost)) FROM taximeter.margin_hour
            INNER JOIN taximeter.model AS m USING (model_key) GROUP BY 1 ORDER BY 1
            """)
        let computed = try rows(.model, "default").map {
            "\($0.groups[0])|\($0["output_cost"] ?? "")|\($0["cache_hit_cost"] ?? "")\n"
        }
        #expect(computed.joined() == stored)
    }

    /// By account, hour, model and channel: over the accounts what `margin_hour` has, over the hours what
    /// `margin_account_day` has, to the last unit of every amount, and the usage that SQL gives a reader.
    @Test func accountsByHourSumToWhatIsStored() throws {
        let (from, until) = try Self.hours.get()
        let database = try Self.day.get()
        let rows = try database.store.allocation(
            from: from, until: until, by: [.account, .hour, .model, .channel], policy: AllocationPolicy.standardName)
        func sums(_ key: (AllocationRow) -> [String]) throws -> String {
            try Dictionary(grouping: rows, by: key).map { key, rows in
                let sums = try ["events", "output_tokens", "revenue", "cost", "output_cost"].map { column in
                    try rows.reduce(Money.zero(.usd)) { try $0 + Money($1[column] ?? "0", .usd) }.decimalText
                }
                return (key + sums).joined(separator: "|")
            }.sorted().joined(separator: "\n") + "\n"
        }
        func stored(_ keys: String, _ table: String) throws -> String {
            let cost = MarginSums.costs.joined(separator: " + ")
            let sums = ["events", "output_tokens", "net_amount", cost, "output_cost"].map {
                "trim_scale(coalesce(sum(\($0)), 0))::text"
            }
            return try database.psql(
                """
                SELECT concat_ws('|', \(keys), \(sums.joined(separator: ", "))) FROM taximeter.\(table) AS h
                LEFT JOIN taximeter.model AS m USING (model_key) LEFT JOIN taximeter.channel AS c USING (channel_key)
                \(table == "margin_hour" ? "" : "LEFT JOIN taximeter.account AS a USING (account_key)")
                GROUP BY \(keys) ORDER BY concat_ws('|', \(keys)) COLLATE "C"
                """)
        }
        let hour = #"to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"#
        #expect(
            try sums { [$0.groups[1], $0.groups[2], $0.groups[3]] } == stored("\(hour), m.name, c.name", "margin_hour"))
        let day = "to_char(day AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
        #expect(
            try sums { [$0.groups[0], String($0.groups[1].prefix(10)), $0.groups[2], $0.groups[3]] }
                == stored("a.external_id, \(day), m.name, c.name", "margin_account_day"))
        let usage = try database.psql(
            """
            SET ROLE taximeter_reader;
            SELECT concat_ws('|', account, \(hour), model, channel, trim_scale(events), trim_scale(output_tokens),
                trim_scale(revenue)) FROM taximeter.usage_by_account_and_hour(\(PublishedDay.hours))
            """
        ).split(separator: "\n").map(String.init).sorted()
        let computed = rows.map { row in
            (row.groups + ["events", "output_tokens", "revenue"].map { row[$0] ?? "" }).joined(separator: "|")
        }
        #expect(Set(usage) == Set(computed) && usage.count == computed.count && usage.count > 300)
    }

    /// One account's rows are those that it has among all.
    @Test func oneAccountAlone() throws {
        let (from, until) = try Self.hours.get()
        let store = try Self.day.get().store
        let (all, one) = try (
            store.allocation(from: from, until: until, by: [.account, .hour], policy: Identifier("phases")),
            store.allocation(
                from: from, until: until, by: [.account, .hour], policy: Identifier("phases"),
                account: Identifier("acme"))
        )
        #expect(one == all.filter { $0.groups[0] == "acme" } && one.count == 24)
    }

    /// Hits cost as much as misses by their measured time together, and nothing when the misses bear it.
    @Test func policiesDiffer() throws {
        let phases = try rows(.day, "phases")
        let without = try rows(.day, "without-hits")
        #expect(phases.allSatisfy { $0["cache_hit_cost"] != "0" && $0["idle_cost"] != nil })
        #expect(without.allSatisfy { $0["cache_hit_cost"] == "0" })
    }

    @Test func marginsAreAsInTheViews() throws {
        let (from, until) = try Self.hours.get()
        let views = try Self.day.get().store.margins(from: from, until: until, by: .hour)
        func sixPlaces(_ text: String?) throws -> Money? { try text.map { try Money($0, .usd) } }
        for (row, view) in zip(try rows(.hour, "default"), views) {
            #expect(row.groups == [view.group])
            for column in ["gross_margin", "cost_profit_margin", "cost", "profit", "revenue"] {
                #expect(try sixPlaces(row[column]) == sixPlaces(view[column]), "\(column)")
            }
        }
    }

    @Test func anUnknownPolicyIsRefused() throws {
        #expect {
            try rows(.model, "phase")
        } throws: {
            "\($0)" == "there is no policy phase: stored are phases, without-hits"
        }
    }

    /// It writes nothing, and tells what a run would.
    @Test func itComputesWhatWaits() throws {
        let database = try TestDatabase()
        _ = try database.store.load(PublishedDay.costs())
        let (from, until) = try Self.hours.get()
        let rows = try database.store.allocation(
            from: from, until: until, by: [.model], policy: AllocationPolicy.standardName)
        #expect(rows.map(\.groups) == [[""]])
        #expect(rows.map { $0["idle_cost"] } == ["87072"])
        #expect(try database.psql("SELECT count(*) FROM taximeter.margin_hour") == "0\n")
    }
}
