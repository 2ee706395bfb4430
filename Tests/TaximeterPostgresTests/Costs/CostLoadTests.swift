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
}
