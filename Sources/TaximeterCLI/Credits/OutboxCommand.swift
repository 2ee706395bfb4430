import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter outbox`: what embedders are told.
struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "Read and acknowledge what there is to tell: limits and balances that were crossed.",
        subcommands: [OutboxReadCommand.self, OutboxAckCommand.self])
}

/// `taximeter outbox read`.
struct OutboxReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Print events that were not acknowledged, a JSON object a line.",
        discussion: "In order for each account. They stay until they are acknowledged, so each is read at least once.")

    @Option(help: "At most so many, 1 to 10000.")
    var limit = 100
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if !(1...10_000).contains(limit) { throw ValidationError("--limit must be from 1 to 10000") }
    }

    func run() throws {
        for event in try database.store(connections: 1).readOutbox(limit: limit) {
            let account = try JSONText.of(event.account.text)
            print(
                #"{"account":\#(account),"sequence":\#(event.sequence),"kind":"\#(event.kind)","#
                    + #""made_at":"\#(event.madeAt)","payload":\#(event.payload)}"#)
        }
    }
}

/// `taximeter outbox ack`.
struct OutboxAckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Remove the events of an account up to a sequence, which were dealt with.")

    @Argument(help: "The account.")
    var account: NameArgument
    @Argument(help: "The sequence of the last event that was dealt with.")
    var sequence: Int64
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let count = try database.store(connections: 1).acknowledge(account.name, through: sequence)
        print("\(account.name): \(count) events acknowledged")
    }
}
