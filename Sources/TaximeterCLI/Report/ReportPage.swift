import Mustache
import Taximeter
import TaximeterPostgres

/// An operator's report as one page of HTML: without network, without script, for the screen, dark or light, and paper.
struct ReportPage {
    private let period: String
    private let timeZone: String
    private let currencies: [ReportCurrency]
    private let together: ReportTogether?
    private let isEmpty: Bool
    private let heatMap: String
    private let nodes: String
    private let hasNodes: Bool
    private let capacity: [Fact]
    private let accountsOf: String

    /// A name and what it comes to.
    struct Fact {
        let name: String
        let value: String
        var note: String?

        /// - Parameter value: A figure stays on the line of its sign of per cent or of its unit.
        init(name: String, value: String, note: String? = nil) {
            (self.name, self.value, self.note) = (name, value.replacing(" ", with: "\u{a0}"), note)
        }
    }

    init(_ report: OperatorReport) {
        let (from, until) = (report.hours.lowerBound, report.hours.upperBound)
        period =
            report.isMonth
            ? String(from.description.prefix(7)) : "\(Self.hour(from)) to \(Self.hour(until)) (UTC)"
        timeZone = report.timeZone
        currencies = report.totals.filter { $0["currency"] != nil }.map { ReportCurrency($0, report) }
        together = report.converted.flatMap(ReportTogether.init)
        isEmpty = currencies.isEmpty
        heatMap = HeatMap(report.load).svg
        hasNodes = report.capacity.contains { $0["peak_nodes"] != nil }
        nodes =
            HourChart(
                title: "Nodes that served, by hour", summary: "The peak of each hour, over all pools.",
                labels: report.capacity.map { $0["label"] ?? "" },
                series: [.init(form: .bar, values: report.capacity.map { ChartNumber.millionths($0["peak_nodes"]) })]
            ).svg
        capacity = Self.capacity(report.totals.first { $0["node_hours"] != nil })
        accountsOf =
            report.isMonth
            ? "Fees and commitments of final invoices included."
            : "Of the whole UTC days that have one of the hours, without fees."
    }

    private static func hour(_ instant: Instant) -> String {
        String(instant.description.prefix(16)).replacing("T", with: " ")
    }

    private static func capacity(_ total: ViewRow?) -> [Fact] {
        guard let total else { return [] }
        func figure(_ column: String, _ places: Int) -> String { Figures.decimal(total[column], places: places) }
        return [
            Fact(name: "Node-hours that served", value: figure("node_hours", 1)),
            Fact(name: "Node-hours of headroom", value: figure("headroom_node_hours", 1)),
            Fact(name: "Node-hours lent out", value: figure("lent_node_hours", 1), note: "no cost of serving"),
            Fact(name: "Nodes, mean", value: figure("mean_nodes", 2)),
            Fact(name: "Nodes, peak", value: figure("peak_nodes", 0)),
            Fact(name: "Nodes, peak to mean", value: figure("peak_to_mean_nodes", 3)),
            Fact(name: "Output, busiest hour to mean", value: figure("peak_to_mean_output", 3)),
            Fact(name: "Output tokens a second", value: figure("output_tokens_per_second", 0)),
            Fact(name: "Output tokens a second and node", value: figure("output_tokens_per_node_second", 0)),
        ]
    }

    /// The page.
    ///
    /// - Throws: What Mustache says of a template that cannot be read.
    func html() throws -> String {
        let template = EmbeddedText.files.first { $0.path == "templates/report.mustache" }?.text ?? ""
        return try MustacheTemplate(string: template).render(self)
    }
}
