import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter balance`.
struct BalanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "balance", abstract: "What an account has, and what it can still spend.",
        discussion: """
            Credits that are valid now, less charges that no invoice covers, less reservations that have not expired: correct \
            to the last usage that was rated. taximeter audit ledger makes it again from the ledger.
            """)

    @Argument(help: "The account.")
    var account: NameArgument
    @Option(help: ArgumentHelp("An instant: RFC 3339, or a UTC day. Default: now.", valueName: "instant"))
    var at: InstantArgument?
    @Flag(help: "Print JSON: decimals as strings, exact.")
    var json = false
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let store = try database.store(connections: 1)
        guard let balance = try store.balance(of: account.name, at: at?.instant) else {
            if json { return print("null") }
            return print("\(account.name): neither credits nor charges")
        }
        if json { return print(try JSONText.of(balance)) }
        func line(_ name: String, _ amount: Money) {
            print(name.padding(to: 12), amount)
        }
        line("credits", balance.credits)
        line("unbilled", balance.unbilled)
        line("reserved", balance.reserved)
        line("available", balance.available)
        if let limit = balance.limit { line("limit", limit.left) }
        print("spendable".padding(to: 12), balance.spendable?.description ?? "unlimited")
    }
}

extension String {
    /// With spaces behind it.
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
