import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter explain`: where an invoice's amounts come from.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show how the lines of an invoice were computed, down to buckets of usage and requests.",
        discussion: """
            Each line: quantity times unit price, what it has come to in all, what earlier invoices said, and the rounding. \
            For usage, what every bucket gives to the line, as usage is rated now: of the tokens of its class, those that \
            fall into the line's tier step and allowance. The parts sum to the line. With --events, the requests of each \
            bucket that are still stored.
            """)

    @OptionGroup var database: DatabaseOptions

    @Argument(help: "The invoice's number.")
    var invoice: String

    @Option(help: ArgumentHelp("Only this line, from 1.", valueName: "line"))
    var line: Int?

    @Flag(help: "List the events of each bucket, too.")
    var events = false

    func run() throws {
        let store = try database.store(connections: 1)
        let explained = try store.explain(invoice, line: line) { explanation in
            print(Self.text(explanation), terminator: "")
            if events { try printEvents(of: explanation, store) }
        }
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
        return line.usage == nil ? text : text + PartsText.text(explanation)
    }

    private func printEvents(of explanation: LineExplanation, _ store: Store) throws {
        guard let tokenClass = explanation.line.usage?.tokenClass else { return }
        var buckets: Set<BucketKey> = []
        for part in explanation.parts where buckets.insert(part.bucket.key).inserted {
            print(EventsText.heading(part), terminator: "")
            var table = EventsText.table(tokenClass)
            try store.events(of: part.bucket.key) { table.append(EventsText.row($0, tokenClass)) }
            if !table.rows.isEmpty { print(table.text, terminator: "") }
        }
    }

    /// What the line has come to by then, less what was billed before.
    private static func rounding(_ explanation: LineExplanation) -> String {
        let line = explanation.line
        let standing = explanation.standing
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
