import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter reconcile`: a month, tied out.
struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Tie out a month: events = buckets = charges = invoices = ledger, and margins.",
        discussion: """
            Prints every difference with its size and what most likely made it, then what each stage has of the month; the \
            exit code is 65 when there is a difference. There is no tolerance between stages of one database: they tie out \
            to the last unit; what others say has its own: single figures (--expected), the token counters of vLLM and SGLang \
            (--counters), bills for GPUs (--bill). docs/reconcile.md has their formats. Lines that begin with note: are no \
            differences, but may explain one.

            Usage is that of the month's UTC hours. Billing periods and invoices are those that end in the month on the \
            clock of each account, as in taximeter bill. Differences that the audits of events, charges, margins, invoices, ledger \
            and credits find are told whatever their month; usage that waits to be summed, rated, priced or billed is told \
            for this month alone. It only reads, as role taximeter_reader, at one instant.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("The month: 2026-01.", valueName: "month"))
    var month: MonthArgument

    @OptionGroup var inputs: ReconcileInputOptions

    func run() throws {
        let inputs = try inputs.read()
        let store = try database.store(connections: 1)
        var hasLines = false
        let reconciliation = try store.reconcile(month.month, against: inputs) {
            hasLines = true
            print($0)
        }
        if hasLines { print() }
        print(ReconcileText.text(reconciliation), terminator: "")
        if reconciliation.differences > 0 { throw ExitCode.badData }
    }
}
