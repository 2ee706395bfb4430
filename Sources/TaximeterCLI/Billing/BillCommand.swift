import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter bill`: invoices for a month.
struct BillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bill",
        abstract: "Bill every period that ends in a month, and what has changed in earlier ones since.",
        discussion: """
            Without --finalize it makes drafts, which each run makes anew. It rolls up and rates first. It can be killed at \
            any time and run again, and several can run at once: what is billed stays billed once, and a second run bills \
            nothing. What cannot be billed is parked with its reason (view taximeter.parked_periods), stops nothing else, \
            and makes the exit code 4.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("The month, on the clock of each account: 2026-01.", valueName: "month"))
    var month: MonthArgument

    @Option(help: ArgumentHelp("Only this account; may be repeated.", valueName: "account"))
    var account: [NameArgument] = []

    @Flag(help: "Make invoices final: numbered, immutable, booked in the ledger.")
    var finalize = false

    @Flag(help: "Only tell what would be billed.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Let this account's invoice exceed the bounds; may be repeated.", valueName: "account"))
    var accept: [NameArgument] = []

    @Option(help: ArgumentHelp("The most an invoice may come to, in units of its currency.", valueName: "amount"))
    var bound = SafetyBounds().most

    @Option(help: ArgumentHelp("How many connections work at once.", valueName: "count"))
    var workers = 2

    /// For the fault tests alone, which kill the process half-way.
    @Option(help: .private) var accountsPerTransaction = BillOptions().accountsPerTransaction

    @Option(help: ArgumentHelp("The time that invoices carry. Default: now.", valueName: "instant"))
    var at: InstantArgument?

    func validate() throws {
        if workers < 1 || workers > 64 { throw ValidationError("--workers is \(workers); expected 1 to 64") }
        if accountsPerTransaction < 1 { throw ValidationError("--accounts-per-transaction is less than 1") }
        if bound < 1 { throw ValidationError("--bound is \(bound); expected at least 1") }
    }

    func run() throws {
        guard let now = at ?? InstantArgument.now else { throw ValidationError("--at: the clock shows no usable time") }
        if finalize, let clock = InstantArgument.now, now.instant > clock.instant {
            throw ValidationError("--at is \(now.instant), which is to come: only what has ended can be made final")
        }
        var options = BillOptions()
        options.finalizes = finalize
        options.isDryRun = dryRun
        options.accounts = account.map(\.name)
        options.accepted = Set(accept.map(\.name))
        options.bounds.most = bound
        options.workers = workers
        options.accountsPerTransaction = accountsPerTransaction
        let bar = ProgressBar()
        let summary = try database.store(connections: workers + 1).bill(month.month, options, at: now.instant) {
            bar.show($0.stage.rawValue, done: $0.done, of: $0.total)
        }
        bar.clear()
        print(Self.text(summary, month: month.month, options), terminator: "")
        if !summary.parked.isEmpty { throw ExitCode.parked }
    }

    static func text(_ summary: BillSummary, month: BillingMonth, _ options: BillOptions) -> String {
        func count(_ number: Int) -> String { Figures.count(String(number)) }
        let what = options.isDryRun ? "would be billed" : options.finalizes ? "final" : "drafts"
        var text = "\(month), \(what)\n"
        if summary.sums.isEmpty {
            text += "nothing to bill\n"
        } else {
            var table = TextTable([
                .init(title: "currency", isNumber: false), .init(title: "invoices", isNumber: true),
                .init(title: "credit notes", isNumber: true), .init(title: "total", isNumber: true),
                .init(title: "due", isNumber: true),
            ])
            for (code, sums) in summary.sums.sorted(by: { $0.key < $1.key }) {
                table.append([
                    code, count(sums.invoices), count(sums.creditNotes), Figures.money(sums.total),
                    Figures.money(sums.due),
                ])
            }
            text += table.text
        }
        if summary.waiting > 0 {
            text += "\(count(summary.waiting)) periods wait: they have not ended, or usage is coming in for them\n"
        }
        if summary.parked.isEmpty { return text }
        text += "\(count(summary.parked.count)) periods are parked:\n"
        for parked in summary.parked.prefix(20) {
            text += "  \(parked.account), \(parked.period): \(parked.reason)\n"
        }
        if summary.parked.count > 20 { text += "  and more: see taximeter.parked_periods\n" }
        return text
    }
}

/// A month on the command line.
struct MonthArgument: ExpressibleByArgument {
    let month: BillingMonth

    init?(argument: String) {
        guard let month = BillingMonth(argument) else { return nil }
        self.month = month
    }
}

extension Figures {
    /// An amount with the decimals of its currency.
    static func money(_ amount: Money) -> String {
        decimal(amount.decimalText, places: amount.currency.minorUnitDigits)
    }
}
