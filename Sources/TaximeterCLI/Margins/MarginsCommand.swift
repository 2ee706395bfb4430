public import ArgumentParser
import Taximeter
public import TaximeterPostgres

/// `taximeter margins`: prints what the margin views say.
struct MarginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "margins", abstract: "Revenue, cost and both margins by hour, day or model.",
        discussion: """
            Gross margin is (revenue - cost) / revenue; cost-profit margin is (revenue - cost) / cost. "theoretical" is the \
            same usage at the list price of the price book's reference model. Days and hours are UTC.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json }

    @Option(help: "First hour, RFC 3339, on a whole UTC hour, or a UTC day such as 2025-02-27.")
    var from: HourArgument
    @Option(help: "First hour that is no longer included.")
    var to: HourArgument
    @Option(help: "What a row stands for.")
    var by: MarginGrouping = .hour
    @Option(help: "How to print it. csv and json carry every column, exact; table is rounded for reading.")
    var format: Format = .table
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if to.instant <= from.instant { throw ValidationError("--to must be after --from") }
    }

    func run() throws {
        let store = try database.store()
        let rows = try store.margins(from: from.instant, until: to.instant, by: by)
        switch format {
        case .table:
            let totals = try store.marginSummary(from: from.instant, until: to.instant)
            print(MarginTable.text(rows, totals: totals, by: by), terminator: "")
        case .csv: print(MarginExport.csv(rows, by: by), terminator: "")
        case .json: print(try MarginExport.json(rows, by: by))
        }
    }
}

extension MarginGrouping: ExpressibleByArgument {}

/// A whole UTC hour on the command line.
struct HourArgument: ExpressibleByArgument {
    let instant: Instant

    init?(argument: String) {
        guard let instant = Instant(rfc3339: argument) ?? Instant(rfc3339: argument + "T00:00:00Z"),
            instant == instant.startOfHour
        else { return nil }
        self.instant = instant
    }
}
