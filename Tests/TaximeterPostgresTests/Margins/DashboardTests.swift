import Foundation
import TestKit
import Testing

/// The Grafana dashboard: every query of it runs as the reader, on the published day.
@Suite struct DashboardTests {
    struct Panel: Sendable, CustomTestStringConvertible {
        let title: String
        let sql: String

        var testDescription: String { title }
    }

    private struct Dashboard: Decodable {
        struct Panel: Decodable {
            struct Target: Decodable {
                let rawSql: String
                let format: String
            }

            let id: Int
            let title: String
            let type: String
            let targets: [Target]?
        }

        struct Variables: Decodable {
            struct Variable: Decodable {
                let name: String
                let query: String
            }

            let list: [Variable]
        }

        let panels: [Panel]
        let templating: Variables
    }

    private static func dashboard() throws -> Dashboard {
        let file = Fixtures.packageRoot.appending(path: "dashboards/taximeter.json")
        return try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: file))
    }

    static func panels() throws -> [Panel] {
        try dashboard().panels.flatMap { panel in
            (panel.targets ?? []).map { Panel(title: panel.title, sql: $0.rawSql) }
        }
    }

    /// Grafana's macros and the dashboard's variables, as Grafana expands them.
    private static func expand(_ sql: String) -> String {
        let (from, to) = ("'2025-02-27T04:00:00Z'", "'2025-02-28T04:00:00Z'")
        return sql.replacing(/\$__timeFilter\((\w+)\)/) { "\($0.1) BETWEEN \(from) AND \(to)" }
            .replacing("$__timeFrom()", with: from).replacing("$__timeTo()", with: to)
            .replacing("${currency}", with: "USD").replacing("${tokens_per_stream}", with: "21")
    }

    /// Panels that have nothing to show on that day.
    private static let empty = ["Flat subscriptions that lose money", "Unpriced usage"]

    @Test(arguments: try panels())
    func everyQueryRuns(_ panel: Panel) throws {
        let sql = Self.expand(panel.sql)
        #expect(!sql.contains("$"), "\(sql)")
        let rows = try PublishedDay.shared.get().psql("SET ROLE taximeter_reader; \(sql)")
        #expect(rows.isEmpty == Self.empty.contains(panel.title), "\(rows)")
    }

    @Test func theDashboardIsWhole() throws {
        let dashboard = try Self.dashboard()
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        #expect(try Self.panels().count > 20)
        for panel in dashboard.panels {
            for target in panel.targets ?? [] {
                // Grafana takes a series from a column named time, and anything else as a table.
                #expect((target.format == "time_series") == (panel.type == "timeseries"), "\(panel.title)")
                #expect((panel.type == "timeseries") == target.rawSql.contains("AS time"), "\(panel.title)")
            }
        }
        let currency = try #require(dashboard.templating.list.first { $0.name == "currency" })
        #expect(try PublishedDay.shared.get().psql("SET ROLE taximeter_reader; \(currency.query)") == "USD\n")
    }
}
