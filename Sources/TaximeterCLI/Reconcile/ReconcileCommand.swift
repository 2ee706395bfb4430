import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter reconcile`: a month, tied out.
struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Tie out a month: events = buckets = charges = invoices = ledger.",
        discussion: """
            Prints every difference with its size and what most likely made it, then what each stage has of the month; the \
            exit code is 65 when there is a difference. There is no tolerance between stages of one database: they tie out \
            to the last unit; figures that others give, with --expected, have their own. docs/reconcile.md has their format.

            Usage is that of the month's UTC hours. Billing periods and invoices are those that end in the month on the \
            clock of each account, as in taximeter bill. Differences that the audits of events, charges, invoices, ledger \
            and credits find are told whatever their month; usage that waits to be summed, rated, priced or billed is told \
            for this month alone. It only reads, as role taximeter_reader, at one instant.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("The month: 2026-01.", valueName: "month"))
    var month: MonthArgument

    @Option(
        help: ArgumentHelp(
            "Figures that others give for the month: published totals, a supplier's invoice. May be repeated.",
            valueName: "file"))
    var expected: [String] = []

    func run() throws {
        let figures = try expected.flatMap(Self.read)
        let store = try database.store(connections: 1)
        let reconciliation = try store.reconcile(month.month, against: figures) { print($0) }
        if reconciliation.differences > 0 { print() }
        print(ReconcileText.text(reconciliation), terminator: "")
        if reconciliation.differences > 0 { throw ExitCode.badData }
    }

    private static func read(_ file: String) throws -> [ExpectedFigure] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw InputError(file: file, problem: "cannot be read as a text file")
        }
        return try ExpectedFigures.parse(text, file: file).figures
    }
}
