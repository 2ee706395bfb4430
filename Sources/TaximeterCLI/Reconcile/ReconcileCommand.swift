import ArgumentParser
import TaximeterPostgres

/// `taximeter reconcile`: a month, tied out.
struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Tie out a month: events = buckets = charges = invoices = ledger.",
        discussion: """
            Prints every difference with its size and what most likely made it, then what each stage has of the month; the \
            exit code is 65 when there is a difference. There is no tolerance between stages of one database: they tie out \
            to the last unit.

            Usage is that of the month's UTC hours. Billing periods and invoices are those that end in the month on the \
            clock of each account, as in taximeter bill. Differences that the audits of events, charges, invoices, ledger \
            and credits find are told whatever their month; usage that waits to be summed, rated, priced or billed is told \
            for this month alone. It only reads, as role taximeter_reader, at one instant.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("The month: 2026-01.", valueName: "month"))
    var month: MonthArgument

    func run() throws {
        let reconciliation = try database.store(connections: 1).reconcile(month.month) { print($0) }
        if reconciliation.differences > 0 { print() }
        print(ReconcileText.text(reconciliation), terminator: "")
        if reconciliation.differences > 0 { throw ExitCode.badData }
    }
}
