import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter invoices`: what was billed.
struct InvoicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoices", abstract: "List, show, export and void invoices.",
        subcommands: [
            InvoicesListCommand.self, InvoicesShowCommand.self, InvoicesExportCommand.self, InvoicesVoidCommand.self,
        ])
}

/// `taximeter invoices list`.
struct InvoicesListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List invoices, credit notes and drafts, by account and period.")

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("Only those of this account.", valueName: "account"))
    var account: NameArgument?

    @Option(
        help: ArgumentHelp(
            "Only those of periods that end in this month on their accounts' clocks: 2026-01.", valueName: "month"))
    var month: MonthArgument?

    func run() throws {
        var table = TextTable([
            .init(title: "number", isNumber: false), .init(title: "account", isNumber: false),
            .init(title: "period", isNumber: false), .init(title: "state", isNumber: false),
            .init(title: "kind", isNumber: false), .init(title: "total", isNumber: true),
            .init(title: "due", isNumber: true), .init(title: "", isNumber: false),
        ])
        try database.store(connections: 1).invoices(of: account?.name, month: month?.month) { entry in
            table.append([
                entry.number ?? "–", "\(entry.account)", "\(entry.period)", entry.state,
                entry.kind == .invoice ? "invoice" : "credit note", Figures.money(entry.total),
                Figures.money(entry.due), entry.total.currency.code,
            ])
        }
        print(table.rows.isEmpty ? "no invoices\n" : table.text, terminator: "")
    }
}

/// `taximeter invoices show`.
struct InvoicesShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an invoice as it became final.",
        discussion: """
            As json, byte for byte the document that its hash is of; schemas/invoice.schema.json tells what is in it. As \
            html, a page for the browser and the printer.
            """)

    @OptionGroup var database: DatabaseOptions

    @Argument(help: "The number.")
    var number: String

    @Option(help: "How to show it.")
    var format: InvoiceFormat = .text

    func run() throws {
        let stored = try database.store(connections: 1).invoice(number)
        print(try format.text(of: stored), terminator: "")
    }
}

/// `taximeter invoices void`.
struct InvoicesVoidCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "void", abstract: "Void an invoice, so that its period can be billed again.",
        discussion: """
            The invoice stays as it is; voiding is noted beside it, and what it moved in the ledger is moved back. Run \
            taximeter bill for its month to bill the period again.
            """)

    @OptionGroup var database: DatabaseOptions

    @Argument(help: "The number.")
    var number: String

    @Option(help: ArgumentHelp("Why, for the books.", valueName: "reason"))
    var reason: String

    @Option(help: ArgumentHelp("When. Default: now.", valueName: "instant"))
    var at: InstantArgument?

    func run() throws {
        guard let now = at ?? InstantArgument.now else { throw ValidationError("--at: the clock shows no usable time") }
        let answer = try database.store(connections: 1).voidInvoice(number, reason: reason, at: now.instant)
        print(answer == .voided ? "\(number) is void" : "\(number) was void already")
    }
}
