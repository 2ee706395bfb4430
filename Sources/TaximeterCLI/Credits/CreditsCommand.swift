import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter credits`: money that accounts may use.
struct CreditsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credits", abstract: "Give credits, book what was paid in, pay back what is left.",
        subcommands: [
            CreditsGrantCommand.self, CreditsTopUpCommand.self, CreditsRefundCommand.self, CreditsListCommand.self,
        ])
}

/// What all grants have.
struct GrantOptions: ParsableArguments {
    @Argument(help: "The account.")
    var account: NameArgument
    @OptionGroup var amount: AmountArguments
    @Option(
        help: ArgumentHelp(
            "What tells it from the account's other grants: a payment's number, say. The same again does nothing.",
            valueName: "id"))
    var id: NameArgument
    @Option(
        help: ArgumentHelp(
            "Until when it may be used: RFC 3339, or a UTC day. Default: for ever.", valueName: "instant"))
    var expires: InstantArgument?
    @Option(parsing: .unconditional, help: "Lower ones are used first.")
    var priority: Int32 = 0
    @Option(help: ArgumentHelp("Pay for usage of this model alone; may be given several times.", valueName: "name"))
    var model: [NameArgument] = []
    @Option(
        help: ArgumentHelp("Pay for usage through this channel alone; may be given several times.", valueName: "name"))
    var channel: [NameArgument] = []

    /// Stores the grant and says so.
    func store(_ kind: CreditGrant.Kind, from: Instant, at now: Instant, in database: DatabaseOptions) throws {
        guard let effective = EffectivePeriod(from: from, until: expires?.instant) else {
            throw ValidationError("--expires must be after \(from)")
        }
        let grant: CreditGrant
        do {
            grant = try CreditGrant(
                account: account.name, id: id.name, kind: kind, amount: amount.money(), priority: priority,
                effective: effective, models: Set(model.map(\.name)), channels: Set(channel.map(\.name)))
        } catch let error as CreditGrant.Invalid {
            throw ValidationError(error.description)
        }
        let answer = try database.store().grant(grant, at: now)
        let what = kind == .granted ? "granted" : "paid in"
        print("\(grant.account): \(grant.amount) \(what) as \(grant.id)\(answer == .granted ? "" : ", as before")")
    }
}

/// `taximeter credits grant`.
struct CreditsGrantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Give an account credits.",
        discussion: """
            They pay for invoices, before money that was paid in. With --model or --channel they pay for such usage only, and \
            for no fee and no tax. What is not used in time expires. docs/credits.md has the rules.
            """)

    @OptionGroup var options: GrantOptions
    @Option(
        help: ArgumentHelp(
            "From when it may be used. Default: also for what was used before it was given.", valueName: "instant"))
    var from: InstantArgument?
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        try options.store(
            .granted, from: from?.instant ?? UsageEvent.earliestInstant, at: present(), in: database)
    }
}

/// `taximeter credits top-up`.
struct CreditsTopUpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top-up", abstract: "Book money that an account has paid in.",
        discussion: "It also pays for what was used before it came. What is left of it can be paid back.")

    @OptionGroup var options: GrantOptions
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        try options.store(.toppedUp, from: UsageEvent.earliestInstant, at: present(), in: database)
    }
}

/// `taximeter credits refund`.
struct CreditsRefundCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refund", abstract: "Book that money which was paid in was paid back.",
        discussion: """
            At most what is left of the grant, and no more than the account has available: what was used and is not billed \
            yet stays. The same refund again does nothing.
            """)

    @Argument(help: "The account.")
    var account: NameArgument
    @Argument(help: "The id under which the money was paid in.")
    var grant: NameArgument
    @Option(help: ArgumentHelp("What tells it from other refunds of the grant.", valueName: "id"))
    var id: NameArgument
    @Option(help: ArgumentHelp("How much, in the grant's currency. Default: all that can be.", valueName: "decimal"))
    var amount: String?
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let store = try database.store()
        var wanted: Money?
        if let amount {
            let currency = try store.grants(of: account.name).first { $0.grant.id == grant.name }?.left.currency
            do {
                // Without such a grant the store says so, whatever the currency.
                wanted = try Money(amount, currency ?? .usd)
            } catch {
                throw ValidationError("--amount \(error)")
            }
        }
        let answer = try store.refund(grant.name, of: account.name, id: id.name, amount: wanted, at: present())
        let asBefore = answer.isNew ? "" : ", as before"
        print("\(account.name): \(answer.amount) of \(grant.name) paid back as \(id.name)\(asBefore)")
    }
}
