import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write what is stored in the forms of other programs.",
        subcommands: [ExportFOCUSCommand.self])
}

/// `taximeter export focus`.
struct ExportFOCUSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "focus", abstract: "Write the invoices of a month as FOCUS 1.2 cost and usage rows, in CSV.",
        discussion: """
            FOCUS is the FinOps Open Cost and Usage Specification. Each line of a final invoice is a row, with its tokens, its \
            list and contracted price of a million tokens, and its exact cost; fees and taxes are rows, and so is the rounding \
            of an invoice, so that what is billed by the rows of an invoice comes to its total. Lines that adjust a period \
            billed before are marked as corrections. Voided invoices and drafts are left out. docs/focus-export.md has every \
            column.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(
        help: ArgumentHelp("Periods that end in this month on their accounts' clocks: 2026-01.", valueName: "month"))
    var month: MonthArgument

    @Option(help: ArgumentHelp("Only the invoices of this account.", valueName: "account"))
    var account: NameArgument?

    @Option(
        help: ArgumentHelp(
            "Whose service it is: ProviderName and PublisherName. Default: the issuing entity of each invoice.",
            valueName: "name"))
    var provider: String?

    @Option(help: ArgumentHelp("Where to write. Default: standard output.", valueName: "file"))
    var out: String?

    func run() throws {
        let store = try database.store(connections: 1)
        let books = Dictionary(try store.priceBooks().map { ($0.name, $0) }) { first, _ in first }
        let text = FOCUSText(provider: provider)
        var (invoices, rowCount) = (0, 0)
        let file = try OutputFile(out)
        do {
            try file.write(CSVText.text([FOCUSText.columns]))
            try store.finalInvoices(of: account?.name, month: month.month) { _, stored in
                if stored.voided != nil { return }
                let rows = try stored.invoice.focusRows { books[$0.priceBook]?.listPrice(of: $0) }
                try file.write(text.text(rows, of: stored.invoice))
                (invoices, rowCount) = (invoices + 1, rowCount + rows.count)
            }
            try file.finish()
        } catch {
            file.discard()
            throw error
        }
        if let out { print("\(invoices) invoices, \(rowCount) rows in \(out)") }
    }
}
