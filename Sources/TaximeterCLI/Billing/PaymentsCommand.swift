import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter payments`: what became of what invoices ask for.
struct PaymentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments", abstract: "Book payments of invoices, write off what will not be paid, list both.",
        subcommands: [PaymentsRecordCommand.self, PaymentsWriteOffCommand.self, PaymentsListCommand.self])
}

/// What a payment and a write-off have.
struct PaymentOptions: ParsableArguments {
    @Argument(help: "The account.")
    var account: NameArgument
    @OptionGroup var amount: AmountArguments
    @Option(
        help: ArgumentHelp(
            "What tells it from the account's others: the bank's reference, say. The same again does nothing.",
            valueName: "id"))
    var id: NameArgument
    @Option(help: ArgumentHelp("The invoice that it is for, where that is known.", valueName: "number"))
    var invoice: String?
    @Option(help: ArgumentHelp("When it happened. Default: now.", valueName: "instant"))
    var at: InstantArgument?
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if try amount.money().units <= 0 { throw ValidationError("the amount must be more than zero") }
    }

    /// Books it, and says so.
    func book(
        as words: String,
        _ book: (Store) -> (Identifier, Identifier, Money, String?, Instant) throws -> BookingAnswer
    ) throws {
        let money = try amount.money()
        let store = try database.store(connections: 1)
        let answer = try book(store)(id.name, account.name, money, invoice, at?.instant ?? present())
        let of = invoice.map { " of \($0)" } ?? ""
        print("\(account.name): \(money)\(of) \(words) as \(id.name)\(answer == .booked ? "" : ", as before")")
    }
}

/// `taximeter payments record`.
struct PaymentsRecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Book money that came in for invoices.",
        discussion: "It stays when the invoice is voided: the money is there.")

    @OptionGroup var options: PaymentOptions

    func run() throws {
        try options.book(as: "paid") { store in
            { try store.bookPayment($0, of: $1, amount: $2, invoice: $3, at: $4) }
        }
    }
}

/// `taximeter payments write-off`.
struct PaymentsWriteOffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write-off", abstract: "Give up what an account owes.",
        discussion: "Voiding the invoice that it is for takes it back.")

    @OptionGroup var options: PaymentOptions

    func run() throws {
        try options.book(as: "written off") { store in
            { try store.writeOff($0, of: $1, amount: $2, invoice: $3, at: $4) }
        }
    }
}

/// `taximeter payments list`.
struct PaymentsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The payments and write-offs of an account, and what it owes.")

    @Argument(help: "The account.")
    var account: NameArgument
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let (booked, owed) = try database.store(connections: 1).payments(of: account.name)
        var table = TextTable([
            .init(title: "at", isNumber: false), .init(title: "kind", isNumber: false),
            .init(title: "id", isNumber: false), .init(title: "invoice", isNumber: false),
            .init(title: "amount", isNumber: true), .init(title: "state", isNumber: false),
        ])
        for payment in booked {
            table.append([
                payment.occurredAt.description, payment.kind == .payment ? "payment" : "write-off", payment.id,
                payment.invoice ?? "–", payment.amount.description, payment.isReversed ? "taken back" : "booked",
            ])
        }
        if !table.rows.isEmpty { print(table.text, terminator: "") }
        print("owed: \(owed.map { "\($0)" } ?? "nothing")")
    }
}
