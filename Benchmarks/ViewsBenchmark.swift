import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres

/// Every query of the dashboard over a month of 100,000 accounts, as the reader, next to the hand-written GROUP BY that
/// ranks the accounts of the month from the rows by account and model.
struct ViewsBenchmark {
    let options: ConnectionOptions

    private struct Dashboard: Decodable {
        struct Panel: Decodable {
            struct Target: Decodable { let rawSql: String }

            let title: String
            let targets: [Target]?
        }

        let panels: [Panel]
    }

    private static let baseline = """
        SELECT account_key, sum(net_amount) - sum(cache_hit_cost + cache_miss_cost + cache_write_cost
            + cache_write_1h_cost + output_cost + idle_cost + headroom_cost) AS profit
        FROM taximeter.margin_account_month WHERE month = '\(ViewsWorkload.month)-01 00:00:00+00'
        GROUP BY account_key ORDER BY profit LIMIT 20
        """

    func run() throws {
        print("dashboard views over a month of \(ViewsWorkload.accounts) accounts, milliseconds (median of 5)")
        try ViewsWorkload().store(options)
        let connection = try Connection.open(options)
        print("  \(try milliseconds(Self.baseline, connection))  GROUP BY of the month's rows, by hand")
        try connection.execute("SET ROLE taximeter_reader")
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "dashboards/taximeter.json")
        let dashboard = try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: file))
        for panel in dashboard.panels {
            for target in panel.targets ?? [] {
                print("  \(try milliseconds(Self.expand(target.rawSql), connection))  \(panel.title)")
            }
        }
    }

    private func milliseconds(_ sql: String, _ connection: Connection) throws -> String {
        let clock = ContinuousClock()
        let times = try (0..<5).map { _ in
            let time = try clock.measure { try connection.runScript(sql) }.components
            return Double(time.seconds) * 1e3 + Double(time.attoseconds) / 1e15
        }
        return Benchmark.hundredths(times.sorted()[2])
    }

    /// Grafana's macros and the dashboard's variables, as Grafana expands them.
    private static func expand(_ sql: String) -> String {
        let (from, to) = ("'\(ViewsWorkload.month)-01T00:00:00Z'", "'\(ViewsWorkload.month)-31T23:59:59Z'")
        return sql.replacing(/\$__timeFilter\((\w+)\)/) { "\($0.1) BETWEEN \(from) AND \(to)" }
            .replacing("$__timeFrom()", with: from).replacing("$__timeTo()", with: to)
            .replacing("${currency}", with: "USD").replacing("${tokens_per_stream}", with: "21")
    }
}
