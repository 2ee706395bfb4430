import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter limits`: how much accounts may spend in a billing period, and when somebody is told.
struct LimitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "Limit what accounts spend in a billing period, and have crossings told.",
        subcommands: [
            LimitsSetCommand.self, LimitsRemoveCommand.self, LimitsListCommand.self, LimitsLowBalanceCommand.self,
        ])
}

/// `taximeter limits set`.
struct LimitsSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a limit, in the place of the one of the same name.",
        discussion: """
            A soft limit only tells the outbox (taximeter outbox read) when a threshold is reached, each once a period. A hard \
            one also refuses reservations beyond it; it cannot stop what is served without one.
            """)

    @Argument(help: "The account.")
    var account: NameArgument
    @Argument(help: "The limit's name.")
    var name: NameArgument
    @OptionGroup var amount: AmountArguments
    @Flag(help: "Refuse reservations beyond it.")
    var hard = false
    @Option(
        help: ArgumentHelp(
            "Per cent of the amount at which the outbox is told; may be given several times. Default: 100.",
            valueName: "per cent"))
    var threshold: [Int32] = []
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let limit: SpendLimit
        do {
            limit = try SpendLimit(
                account: account.name, name: name.name, isHard: hard, amount: amount.money(),
                thresholds: threshold.isEmpty ? [100] : threshold)
        } catch let error as SpendLimit.Invalid {
            throw ValidationError(error.description)
        }
        try database.store().set(limit, at: present())
        print("\(limit.account): \(LimitsText.line(limit))")
    }
}

/// `taximeter limits remove`.
struct LimitsRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a limit.")

    @Argument(help: "The account.")
    var account: NameArgument
    @Argument(help: "The limit's name.")
    var name: NameArgument
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let wasThere = try database.store().removeLimit(name.name, of: account.name)
        print("\(account.name): \(name.name) \(wasThere ? "removed" : "was not there")")
    }
}

/// `taximeter limits list`.
struct LimitsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The limits of an account.")

    @Argument(help: "The account.")
    var account: NameArgument
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        for limit in try database.store(connections: 1).limits(of: account.name) { print(LimitsText.line(limit)) }
    }
}

/// `taximeter limits low-balance`.
struct LimitsLowBalanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "low-balance", abstract: "Have the outbox told when an account's credits are nearly used up.",
        discussion: "That they are used up is told in any case.")

    @Argument(help: "The account.")
    var account: NameArgument
    @OptionGroup var amount: AmountArguments
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let amount = try amount.money()
        try database.store().setLowBalance(amount.units == 0 ? nil : amount, of: account.name, at: present())
        print("\(account.name): " + (amount.units == 0 ? "no low balance" : "told at \(amount)"))
    }
}

/// A limit in words.
enum LimitsText {
    static func line(_ limit: SpendLimit) -> String {
        let thresholds = limit.thresholds.map { "\($0) %" }.joined(separator: ", ")
        return "\(limit.name): \(limit.isHard ? "hard" : "soft"), \(limit.amount) a period, told at \(thresholds)"
    }
}
