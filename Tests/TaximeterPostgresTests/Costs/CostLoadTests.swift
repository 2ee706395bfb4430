import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

@Suite struct CostLoadTests {
    private static let pool = """
        pools:
          - name: h800
            gpu: H800
            gpus_per_node: 8
            rates:
              - {from: "2025-01-01T00:00:00Z", per_gpu_hour: "2", currency: USD}
        occupancy:
        """

    private static func file(_ occupancy: String..., pool: String = pool) throws -> CostFile {
        try CostFile.parse(
            pool + occupancy.map { "\n  - {pool: h800, \($0)}" }.joined() + "\n", file: "costs.yaml")
    }

    private static let tenNodes = #"from: "2025-03-10T10:15:00Z", until: "2025-03-10T12:00:00Z", nodes: 10"#

    private func costs(_ database: TestDatabase) throws -> String {
        try database.psql(
            """
            SELECT to_char(hour AT TIME ZONE 'UTC', 'HH24'), coalesce(model, '-'), trim_scale(node_hours), peak_nodes,
                trim_scale(cost)
            FROM taximeter.cost_hourly ORDER BY hour, model
            """)
    }

    @Test func theSameFileAgainChangesNothing() throws {
        let database = try TestDatabase()
        let first = try database.store.load(PublishedDay.costs())
        #expect(first.added == 12 && first.unchanged == 0 && first.changedPools.map(\.text) == ["h800"])
        let rows = "SELECT ctid, hour, cost FROM taximeter.gpu_cost_hourly ORDER BY 2"
        let before = try database.psql(rows)
        let again = try database.store.load(PublishedDay.costs())
        #expect(again.added == 0 && again.replaced == 0 && again.unchanged == 12 && again.changedPools == [])
        #expect(try database.psql(rows) == before)
    }

    /// An interval that covers a stored one corrects it, a pool's new rates apply to all of it, models are apart.
    @Test func correctionsReplace() throws {
        let database = try TestDatabase()
        _ = try database.store.load(Self.file(Self.tenNodes))
        #expect(try costs(database) == "10|-|7.5|10|120\n11|-|10|10|160\n")
        let wider = #"from: "2025-03-10T10:00:00Z", until: "2025-03-10T12:00:00Z", nodes: 3"#
        let load = try database.store.load(Self.file(wider))
        #expect(load.replaced == 1 && load.added == 0)
        #expect(try costs(database) == "10|-|3|3|48\n11|-|3|3|48\n")
        let dearer = Self.pool.split(separator: "\"2\"").joined(separator: "\"2.5\"")
        #expect(try database.store.load(Self.file(wider, pool: dearer)).changedPools.map(\.text) == ["h800"])
        #expect(try costs(database) == "10|-|3|3|60\n11|-|3|3|60\n")
        _ = try database.store.load(Self.file(wider + ", model: r1", pool: dearer))
        #expect(try costs(database) == "10|r1|3|3|60\n10|-|3|3|60\n11|r1|3|3|60\n11|-|3|3|60\n")
    }

    /// What contradicts the store is refused whole.
    @Test(arguments: [
        (
            #"from: "2025-03-10T11:00:00Z", until: "2025-03-10T13:00:00Z", nodes: 1"#, pool,
            "pool h800: the interval from 2025-03-10T11:00:00Z to 2025-03-10T13:00:00Z covers only a part of the stored one"
        ),
        (
            #"from: "2025-04-10T11:00:00Z", until: "2025-04-10T13:00:00Z", nodes: 1"#,
            pool.split(separator: "gpus_per_node: 8").joined(separator: "gpus_per_node: 4"),
            "pool h800 is stored with 8 × H800 a node: other nodes are another pool"
        ),
        (
            #"from: "2024-12-31T23:00:00Z", until: "2025-01-01T01:00:00Z", nodes: 1"#, pool,
            "pool h800 has no rate at 2024-12-31T23:00:00Z, but nodes ran then"
        ),
    ])
    func refuses(_ occupancy: String, _ pool: String, _ text: String) throws {
        let database = try TestDatabase()
        _ = try database.store.load(Self.file(Self.tenNodes))
        let before = try costs(database)
        let error = #expect(throws: (any Error).self) { try database.store.load(Self.file(occupancy, pool: pool)) }
        #expect(error.map(String.init(describing:))?.contains(text) == true, "\(String(describing: error))")
        #expect(try costs(database) == before)
        #expect(try database.psql("SELECT count(*) FROM taximeter.gpu_occupancy") == "1\n")
    }

    private static func parse(_ text: String) throws -> CostFile { try CostFile.parse(text, file: "costs.yaml") }

    /// What contradicts the store is told with the file and the line of the interval.
    @Test func errorsNameFileAndLine() throws {
        let database = try TestDatabase()
        _ = try database.store.load(Self.file(Self.tenNodes))
        func told(_ text: String) -> String? {
            (#expect(throws: StoreError.self) { try database.store.load(Self.parse(text)) })?.description
        }
        let late = #"from: "2025-03-10T11:00:00Z", until: "2025-03-10T13:00:00Z", nodes: 1"#
        #expect(
            told("occupancy:\n  - {pool: other, \(late)}")
                == "costs.yaml:2: occupancy names the pool other, which neither the file nor the store has")
        #expect(
            told("occupancy:\n\n  - {pool: h800, \(late)}")?.hasPrefix("costs.yaml:3: pool h800: the interval") == true)
        #expect(
            told(
                "occupancy:\n  - {pool: h800, from: 2024-12-31T23:00:00Z, until: 2025-01-01T01:00:00Z, nodes: 1}")
                == "costs.yaml:2: pool h800 has no rate at 2024-12-31T23:00:00Z, but nodes ran then")
        #expect(
            told(
                "occupancy:\n  - {pool: h800, use: provisioned, from: 2025-03-10T11:00:00Z, until: 2025-03-10T12:00:00Z, nodes: 9}"
            ) == "costs.yaml:2: pool h800 has 9 nodes provisioned at 2025-03-10T11:00:00Z, but 10 were used then")
    }

    /// Named nodes, phases, lent nodes and what was provisioned: in tables, views and the days to compute anew.
    @Test func nodesPhasesAndUses() throws {
        let database = try TestDatabase()
        let text =
            Self.pool + """

                  - {pool: h800, node: n1, phase: prefill, from: "2025-03-10T10:00:00Z", until: "2025-03-10T12:00:00Z"}
                  - {pool: h800, node: n2, phase: prefill, from: "2025-03-10T10:00:00Z", until: "2025-03-10T10:30:00Z"}
                  - {pool: h800, node: n2, use: lent, from: "2025-03-10T10:30:00Z", until: "2025-03-10T11:00:00Z"}
                  - {pool: h800, phase: decode, model: r1, from: "2025-03-10T10:00:00Z", until: "2025-03-10T11:00:00Z", nodes: 3}
                  - {pool: h800, use: provisioned, from: "2025-03-10T10:00:00Z", until: "2025-03-10T12:00:00Z", nodes: 6}
                """
        let load = try database.store.load(Self.parse(text))
        #expect(load.added == 5 && load.changedDays == 1)
        let rows = """
            SELECT to_char(hour AT TIME ZONE 'UTC', 'HH24'), coalesce(model, '-'), phase, use, trim_scale(node_hours),
                peak_nodes, trim_scale(cost) FROM taximeter.cost_hourly ORDER BY 1, 2, 3, 4
            """
        let expected = """
            10|-|both|headroom|1|1|16
            10|-|both|lent|0.5|1|8
            10|-|prefill|serving|1.5|2|24
            10|r1|decode|serving|3|3|48
            11|-|both|headroom|5|5|80
            11|-|prefill|serving|1|1|16

            """
        #expect(try database.psql(rows) == expected)
        try database.store.run()
        #expect(
            try database.psql("SELECT trim_scale(sum(cost)) FROM taximeter.cost_hourly_by_model")
                == "184\n")
        let again = try database.store.load(Self.parse(text))
        #expect(again.unchanged == 5 && again.added == 0 && again.replaced == 0 && again.changedDays == 0)
        // A named node that did something else is a correction, whatever it did before.
        let corrected = """
            occupancy:
              - {pool: h800, node: n2, phase: decode, from: "2025-03-10T10:00:00Z", until: "2025-03-10T11:00:00Z"}
            """
        let correction = try database.store.load(Self.parse(corrected))
        #expect(correction.replaced == 2 && correction.added == 0 && correction.changedDays == 1)
        #expect(
            try database.psql(rows).hasPrefix("10|-|both|headroom|1|1|16\n10|-|decode|serving|1|1|16\n10|-|prefill"))
        try database.store.run()
        #expect(try database.marginFaults() == "")
    }

    /// A series that was counted anew, at other instants, replaces the one before.
    @Test func samplesReplaceWhatTheyCover() throws {
        let database = try TestDatabase()
        func series(_ counts: [(String, Int)], until: String) throws -> CostFile {
            try Self.parse(
                Self.pool.replacing("occupancy:", with: "samples:") + """

                      - pool: h800
                        until: "2025-03-10T\(until):00Z"
                        counts: [\(counts.map { "{at: \"2025-03-10T\($0.0):00Z\", nodes: \($0.1)}" }.joined(separator: ", "))]
                    """)
        }
        let first = try series([("10:00", 2), ("10:15", 4), ("10:45", 4), ("11:00", 0)], until: "12:00")
        #expect(try database.store.load(first).added == 3)
        #expect(try costs(database) == "10|-|3.5|4|56\n")
        #expect(try database.store.load(first).unchanged == 3)
        let second = try database.store.load(series([("10:00", 2), ("10:20", 8)], until: "12:00"))
        #expect(second.replaced == 3 && second.unchanged == 0 && second.added == 0)
        #expect(try costs(database) == "10|-|6|8|96\n11|-|8|8|128\n")
    }

    /// An owned node's terms are kept, so that the rate can be computed anew; FACTS section 5 has the figures.
    @Test func ownedRatesKeepTheirTerms() throws {
        let database = try TestDatabase()
        let text = """
            pools:
              - name: own
                gpu: H800
                gpus_per_node: 8
                rates:
                  - from: "2025-01-01T00:00:00Z"
                    currency: USD
                    owned: {capex: "300000", residual: "0.1", years: 4, kilowatts: "10.2", pue: "1.3",
                      per_kilowatt_hour: "0.10", opex_per_year: "0.08"}
            """
        #expect(try database.store.load(Self.parse(text)).changedPools.count == 1)
        #expect(
            try database.psql("SELECT kind, round(amount_per_gpu_hour, 6), terms ->> 'capex' FROM taximeter.gpu_rate")
                == "owned|1.471401|300000\n")
        #expect(try database.store.load(Self.parse(text)).changedPools == [])
    }

    /// A supplier's file for an hour leaves the rates before and after as they were.
    @Test func aSuppliersRatesHoldInItsTime() throws {
        let database = try TestDatabase()
        _ = try database.store.load(Self.file(Self.tenNodes))
        let bill = try CostImport(constants: ["pool": "h800", "gpu": "H800", "gpus_per_node": "8"]).focus(
            """
            ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ResourceId,ConsumedQuantity,ConsumedUnit,EffectiveCost,BillingCurrency
            Usage,2025-03-10T11:00:00Z,2025-03-10T12:00:00Z,i-1,1,Hours,24,USD
            """, file: "bill.csv")
        #expect(try database.store.load(bill).changedPools.count == 1)
        let rates = """
            SELECT to_char(effective_from AT TIME ZONE 'UTC', 'DD HH24'), to_char(effective_until AT TIME ZONE 'UTC', 'DD HH24'),
                trim_scale(amount_per_gpu_hour) FROM taximeter.gpu_rate ORDER BY effective_from
            """
        #expect(try database.psql(rates) == "01 00|10 11|2\n10 11|10 12|3\n10 12||2\n")
        #expect(try costs(database) == "10|-|7.5|10|120\n11|-|11|11|264\n")
        #expect(try database.store.load(bill).changedPools == [])
        #expect(try database.psql(rates) == "01 00|10 11|2\n10 11|10 12|3\n10 12||2\n")
    }
}
