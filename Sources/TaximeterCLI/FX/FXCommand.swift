import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter fx`: exchange rates.
struct FXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fx", abstract: "Load and show exchange rates, and convert an amount at one.",
        subcommands: [FXLoadCommand.self, FXShowCommand.self, FXConvertCommand.self])
}

/// `taximeter fx load`.
struct FXLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Store exchange rates.",
        discussion: """
            A file is CSV with the columns base, quote, day, rate and source: what one unit of base cost in quote on a day, \
            and who published it. Loading the same rates again changes nothing. A rate that is stored never changes: another \
            one for its pair and day is refused.
            """)

    @Argument(help: "Files of rates.")
    var files: [String]
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let parsed = try files.map { file in
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw InputError(file: file, problem: "cannot be read as a text file")
            }
            return try FXFile.parse(text, file: file)
        }
        let store = try database.store(connections: 1)
        for file in parsed {
            let load = try store.load(file)
            print("\(file.file): rates: \(load.added) added, \(load.unchanged) unchanged")
        }
    }
}

/// `taximeter fx show`.
struct FXShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "List exchange rates, by pair and day.",
        discussion: "As csv, in the form that fx load reads.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv }

    @Option(help: ArgumentHelp("Only those of this day: 2025-02-28.", valueName: "day"))
    var day: DayArgument?
    @Option(help: "How to show them.")
    var format: Format = .text
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let rows = try database.store(connections: 1).fxRates(on: day?.day).map { rate in
            [rate.base.code, rate.quote.code, "\(rate.day)", rate.rate.decimalText, rate.source.text]
        }
        let columns = ["base", "quote", "day", "rate", "source"]
        if format == .csv { return print(CSVText.text([columns] + rows), terminator: "") }
        var table = TextTable(columns.map { .init(title: $0, isNumber: $0 == "rate") })
        for row in rows { table.append(row) }
        print(rows.isEmpty ? "no exchange rates\n" : table.text, terminator: "")
    }
}

/// `taximeter fx convert`.
struct FXConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Say an amount in another currency, and at which rate of which day.",
        discussion: """
            The rate is the day's, or the last one before it where markets rested, at most 7 days old; a pair that is quoted \
            the other way round is divided by. The amount is exact to 18 decimals, from the middle away from zero.
            """)

    @OptionGroup var amount: AmountArguments
    @Option(help: ArgumentHelp("The other currency's code.", valueName: "currency"))
    var to: String
    @Option(help: ArgumentHelp("The day of the rate.", valueName: "day"))
    var on: DayArgument
    @OptionGroup var database: DatabaseOptions

    func validate() throws { _ = try currency() }

    func run() throws {
        let table = FXTable(try database.store(connections: 1).fxRates())
        print(try table.convert(amount.money(), to: currency(), on: on.day))
    }

    private func currency() throws -> Currency {
        if let currency = Currency(code: to) { return currency }
        throw ValidationError("\(to) is no currency; expected a code such as USD")
    }
}

/// A day on the command line.
struct DayArgument: ExpressibleByArgument {
    let day: CivilDate

    init?(argument: String) {
        guard let day = CivilDate(iso8601: argument) else { return nil }
        self.day = day
    }
}
