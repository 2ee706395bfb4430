public import ArgumentParser
import Taximeter
public import TaximeterPostgres

/// `taximeter simulate`: what stored usage would come to under another price book.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Rate stored usage under another price book, next to what it comes to now.",
        discussion: """
            Writes nothing, and may run while others work. Volume tiers and allowances are decided by whole billing periods, \
            so all usage of the periods that the range touches is rated, and the range is shown; with lifetime allowances, \
            earlier periods too, as if the book had always been in force. Usage that is not rolled up yet is included. \
            Revenue is before invoice lines are rounded; usage without a price has no part in it. \
            Lists in two currencies are shown without a difference. Days and hours are UTC.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json }

    @Option(
        help: ArgumentHelp(
            "The price book to try, YAML or JSON; - for standard input. With --prices-of the default book, unless given.",
            valueName: "file"))
    var priceBook: String?
    @Option(
        help: ArgumentHelp(
            "Take the book's prices of this instant, whatever the time of the usage: last year's usage at today's list.",
            valueName: "instant"))
    var pricesOf: InstantArgument?
    @Option(help: "First hour, RFC 3339, on a whole UTC hour, or a UTC day such as 2025-02-27.")
    var from: HourArgument
    @Option(help: "First hour that is no longer included.")
    var to: HourArgument
    @Option(help: "What rows stand for; may be given several times. (default: model, account and hour)")
    var by: [SimulationGrouping] = []
    @Option(help: "How to print it. csv and json are exact; table is rounded for reading.")
    var format: Format = .table
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if to.instant <= from.instant { throw ValidationError("--to must be after --from") }
        if priceBook == nil, pricesOf == nil { throw ValidationError("give --price-book, --prices-of or both") }
    }

    private func book(_ store: Store) throws -> PriceBook {
        let book = try priceBook.flatMap { try PriceBookFiles.read($0) } ?? store.priceBook()
        return pricesOf.map { book.fixed(at: $0.instant) } ?? book
    }

    func run() throws {
        let groupings = by.isEmpty ? [.model, .account, .hour] : by
        let store = try database.store(connections: 1)
        let book = try book(store)
        let bar = ProgressBar()
        bar.show("rating usage under \(book.name)", done: 0, of: nil)
        let report = try store.simulate(book, from: from.instant, until: to.instant, by: groupings) {
            bar.show("rating usage under \(book.name)", done: $0, of: $1)
        }
        bar.clear()
        let simulation = SimulationText(book: book, from: from.instant, until: to.instant, report: report)
        switch format {
        case .table: print(simulation.tables, terminator: "")
        case .csv: print(simulation.csv, terminator: "")
        case .json: print(try simulation.json())
        }
    }
}

extension SimulationGrouping: ExpressibleByArgument {}
