import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter report`: one page of what was earned and what it cost.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "A page of HTML: revenue, cost, margins, waterfall, accounts, load, capacity.",
        discussion: """
            The page is one file that needs no network, and shows what the margin views say (docs/margin-views.md), as of the \
            last run. Of a month it goes on to what was invoiced and collected. Hours and months are UTC; --time-zone \
            decides on whose clock hours and weekdays are shown.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("A UTC month: 2026-01.", valueName: "month"))
    var month: MonthArgument?
    @Option(help: "Instead of a month: the first hour, RFC 3339, on a whole UTC hour, or a UTC day such as 2025-02-27.")
    var from: HourArgument?
    @Option(help: "The first hour that is no longer included.")
    var to: HourArgument?
    @Option(help: ArgumentHelp("The IANA time zone whose clock hours and weekdays are shown on.", valueName: "zone"))
    var timeZone = "UTC"
    @Option(
        help: ArgumentHelp(
            "Say revenue, cost and margins of all currencies together in this one too, each hour's at the rate of its UTC "
                + "day (taximeter fx), with the rates.", valueName: "code"))
    var currency: CurrencyArgument?
    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var html: String

    func validate() throws {
        switch (month, from, to) {
        case (.some, nil, nil): break
        case (nil, .some(let from), .some(let to)):
            if to.instant <= from.instant { throw ValidationError("--to must be after --from") }
        default: throw ValidationError("give either --month, or --from and --to")
        }
        if TimeZoneRules(identifier: timeZone) == nil {
            throw ValidationError("--time-zone is \(timeZone); expected an IANA time zone such as Asia/Shanghai")
        }
    }

    func run() throws {
        let store = try database.store()
        let zone = TimeZoneRules(identifier: timeZone) ?? .utc
        let report: OperatorReport
        if let month {
            report = try store.report(of: month.month, timeZone: zone, in: currency?.currency)
        } else if let from, let to {
            report = try store.report(
                of: from.instant..<to.instant, timeZone: zone, in: currency?.currency)
        } else {
            return
        }
        let page = try ReportPage(report).html()
        do {
            try Data(page.utf8).write(to: URL(filePath: html), options: .atomic)
        } catch {
            throw InputError(file: html, problem: "it cannot be written: \(error.localizedDescription)")
        }
    }
}
