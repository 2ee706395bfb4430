import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter accounts`: what accounts have agreed to.
struct AccountsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts", abstract: "Load and show what accounts have agreed to.",
        subcommands: [AccountsLoadCommand.self, AccountsShowCommand.self])
}

/// `taximeter accounts load`.
struct AccountsLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Store the time zones, issuers and subscriptions of accounts.",
        discussion: """
            The format is in docs/plan-format.md. What a file says of an account takes the place of all that was stored for \
            it; other accounts stay as they are. A file is stored as a whole or refused. Loading it again does nothing. No \
            change moves a bound of a period that was billed.
            """)

    @Argument(help: "Files of accounts, YAML or JSON; - for standard input.")
    var files: [String]
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let accounts = try TextFiles.read(files, AgreementFile.parse)
        let store = try database.store()
        for (file, accounts) in zip(files, accounts) {
            let load = try store.load(accounts.agreements)
            print(
                "\(file): accounts: \(load.changedAccounts) changed, \(load.unchangedAccounts) unchanged"
                    + Self.rerate(load.periodsToRate))
        }
    }

    static func rerate(_ periods: Int) -> String {
        periods == 0 ? "" : "; the next run rates \(periods) account periods again"
    }
}

/// `taximeter accounts show`.
struct AccountsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "What an account has agreed to, and its billing period at an instant.")

    @Argument(help: "The account.")
    var account: String
    @Option(help: "An instant, RFC 3339. Default: now.")
    var at: InstantArgument?
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        guard let instant = (at ?? .now)?.instant else { return }
        let store = try database.store(connections: 1)
        guard let name = try? Identifier(account), let agreement = try store.agreement(of: name) else {
            throw ValidationError("the store has no account \(account)")
        }
        print("\(agreement.account): time zone \(agreement.timeZone.identifier), issuer \(agreement.issuingEntity)")
        for subscription in agreement.subscriptions { print("  \(subscription.plan) \(subscription.effective)") }
        if agreement.subscriptions.isEmpty { print("  no subscription: rated by the default price book") }

        let calendar = BillingCalendar(agreement, try store.plans())
        let period = calendar.period(containing: instant)
        print("period at \(instant): \(period)")
        for segment in calendar.segments(in: period) {
            let range = "\(segment.range.lowerBound) to \(segment.range.upperBound)"
            let plan = segment.plan.map { "\($0)" } ?? "no plan"
            let book = segment.version.map { ", price book \($0.priceBook)" } ?? ""
            let missing = segment.plan != nil && segment.version == nil ? ", which has no version then" : ""
            print("  \(range): \(plan)\(book)\(missing)\(segment.range.contains(instant) ? " (in force)" : "")")
        }
        let rated = try store.ratedPeriods(of: name)
        if !rated.isEmpty { print("stored periods") }
        for row in rated {
            let amount = row.net.map { "\($0)" } ?? "not rated"
            let unpriced = row.unpricedEvents == 0 ? "" : ", \(row.unpricedEvents) events without a price"
            print("  \(row.period): \(amount)\(unpriced)\(row.isBilled ? ", billed" : "")")
        }
    }
}
