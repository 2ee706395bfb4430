import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter explain`: where an invoice's amounts come from.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show how the lines of an invoice were computed, down to the hours in which they were used.",
        discussion: """
            Each line: quantity times unit price, what it has come to in all, what earlier invoices said, and the rounding. \
            For usage, the priced buckets of its model, channel, service tier and class as they are rated now, and the lines \
            of rated usage that they are shared out over: their tokens are the same.
            """)

    @OptionGroup var database: DatabaseOptions

    @Argument(help: "The invoice's number.")
    var invoice: String

    @Option(help: ArgumentHelp("Only this line, from 1.", valueName: "line"))
    var line: Int?

    func run() throws {
        let store = try database.store(connections: 1)
        let explained = try store.explain(invoice, line: line) { print(Self.text($0), terminator: "") }
        if line == nil {
            let sum = explained.lines.map { Figures.money($0.amount) }.joined(separator: " + ")
            print("total: \(sum) = \(explained.total)")
        }
    }

    static func text(_ explanation: LineExplanation) -> String {
        let line = explanation.line
        var text =
            "line \(explanation.place): \(line.description)\n  \(line.kind.rawValue) of \(line.period)\n  \(line.id)\n"
        if let price = line.unitPrice {
            let fees = line.fees.units == 0 ? "" : " + \(line.fees.decimalText)"
            text += "  exact: \(line.quantity) × \(price.decimalText)\(fees) = \(line.exact.decimalText)\n"
        } else {
            text += "  exact: \(line.exact.decimalText)\n"
        }
        text += rounding(explanation)
        if explanation.buckets.isEmpty { return text }
        var table = TextTable([
            .init(title: "    from", isNumber: false), .init(title: "requests", isNumber: true),
            .init(title: "tokens", isNumber: true), .init(title: "net", isNumber: true),
        ])
        for bucket in explanation.buckets {
            table.append([
                "    \(bucket.start)", String(bucket.events), String(bucket.tokens), bucket.net.decimalText,
            ])
        }
        let (events, tokens) = explanation.buckets.reduce((Int64(0), Int64(0))) {
            ($0.0 &+ $1.events, $0.1 &+ $1.tokens)
        }
        table.appendTotal(["    in all", String(events), String(tokens), ""])
        text += "  buckets, as rated now; \(explanation.storedEvents) events of them are stored:\n\(table.text)"
        text += "  shared out over lines of rated usage:\n"
        for share in explanation.shares {
            text += "    \(share.tokens) tokens, \(share.chargedTokens) charged, \(share.net): \(share.id)\n"
        }
        return text
    }

    /// What the line has come to by then, less what was billed before.
    private static func rounding(_ explanation: LineExplanation) -> String {
        let line = explanation.line
        let standing = explanation.statements.filter { !$0.isVoid || $0.number == explanation.statements.last?.number }
        let before = standing.dropLast()
        guard !before.isEmpty else { return "  rounded: \(line.amount)\n" }
        let (exact, amount) = standing.reduce((Int128(0), Int128(0))) {
            ($0.0 + $1.exact.units, $0.1 + $1.amount.units)
        }
        let currency = line.amount.currency
        let billed = before.map { "\(Figures.money($0.amount)) (\($0.number))" }.joined(separator: " − ")
        let (sum, rounded) = (Money(units: exact, currency), Money(units: amount, currency))
        return "  in all: \(sum.decimalText), rounded \(Figures.money(rounded)) − \(billed) = \(line.amount)\n"
    }
}
