import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter margins`: prints what the margin views say.
struct MarginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "margins",
        abstract: "Revenue, cost and both margins by hour, day, model, channel or account, or several of them.",
        discussion: """
            Gross margin is (revenue - cost) / revenue; cost-profit margin is (revenue - cost) / cost. "theoretical" is the \
            same usage at the list price of the price book's reference model. Days and hours are UTC. By channel or account, by \
            several such as account,hour, or of one --account, the hours are computed anew from charges and costs, with the \
            lines of cost: the same figures, to the last unit, as the stored margins sum up.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json }

    @Option(help: "First hour, RFC 3339, on a whole UTC hour, or a UTC day such as 2025-02-27.")
    var from: HourArgument
    @Option(help: "First hour that is no longer included.")
    var to: HourArgument
    @Option(help: "What a row stands for: hour, day, model, channel, account, or several, such as account,hour.")
    var by = MarginGroupings(all: [.hour])
    @Option(help: "Only this account.")
    var account: IdentifierArgument?
    @Option(
        help: """
            Split cost by this stored policy, over all of the usage anew, and show the lines of cost. Writes nothing. \
            (default: the policy default where hours are computed anew)
            """)
    var policy: IdentifierArgument?
    @Option(
        help: ArgumentHelp(
            "Convert all amounts to this currency, each hour's at the rate of its UTC day (taximeter fx), and say the rates.",
            valueName: "code"))
    var currency: CurrencyArgument?
    @Option(help: "How to print it. csv and json carry every column, exact; table is rounded for reading.")
    var format: Format = .table
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if to.instant <= from.instant { throw ValidationError("--to must be after --from") }
        if currency != nil, policy != nil || account != nil || by.stored == nil {
            throw ValidationError(
                "--currency does not go with --policy, --account, or --by other than hour, day, model")
        }
    }

    func run() throws {
        let store = try database.store()
        guard policy == nil, account == nil, let by = by.stored else {
            return try show(
                store.allocation(
                    from: from.instant, until: to.instant, by: by.all,
                    policy: policy?.name ?? AllocationPolicy.standardName, account: account?.name))
        }
        if let currency {
            return try show(
                store.margins(from: from.instant, until: to.instant, by: by, in: currency.currency), by: by)
        }
        let rows = try store.margins(from: from.instant, until: to.instant, by: by)
        switch format {
        case .table:
            let totals = try store.marginSummary(from: from.instant, until: to.instant)
            print(MarginTable.text(rows, totals: totals, by: by), terminator: "")
        case .csv: print(MarginExport.csv(rows, by: by), terminator: "")
        case .json: print(try MarginExport.json(rows, by: by))
        }
    }

    private func show(_ margins: ConvertedMargins, by grouping: MarginGrouping) throws {
        switch format {
        case .table: print(MarginTable.text(margins, by: grouping), terminator: "")
        case .csv: print(MarginExport.csv(margins, by: grouping), terminator: "")
        case .json: print(try MarginExport.json(margins, by: grouping))
        }
    }

    private func show(_ rows: [AllocationRow]) throws {
        switch format {
        case .table: print(AllocationText.table(rows, by: by.all), terminator: "")
        case .csv: print(AllocationText.csv(rows, by: by.all), terminator: "")
        case .json: print(try AllocationText.json(rows, by: by.all))
        }
    }
}

/// What rows stand for on the command line: one grouping, or several with commas between them.
struct MarginGroupings: ExpressibleByArgument, CustomStringConvertible {
    let all: [AllocationGrouping]

    init(all: [AllocationGrouping]) { self.all = all }

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        let all = names.compactMap { AllocationGrouping(rawValue: String($0)) }
        if all.count != names.count || Set(all).count != all.count { return nil }
        self.all = all
    }

    static var allValueStrings: [String] { AllocationGrouping.allCases.map(\.rawValue) }
    var description: String { all.map(\.rawValue).joined(separator: ",") }
    var defaultValueDescription: String { description }

    /// The grouping of the stored margins, where it is one of theirs.
    var stored: MarginGrouping? { all.count == 1 ? MarginGrouping(rawValue: description) : nil }
}

/// A currency's code on the command line.
struct CurrencyArgument: ExpressibleByArgument {
    let currency: Currency

    init?(argument: String) {
        guard let currency = Currency(code: argument) else { return nil }
        self.currency = currency
    }
}

/// A name on the command line.
struct IdentifierArgument: ExpressibleByArgument {
    let name: Identifier

    init?(argument: String) {
        guard let name = try? Identifier(argument) else { return nil }
        self.name = name
    }
}

/// A whole UTC hour on the command line.
struct HourArgument: ExpressibleByArgument {
    let instant: Instant

    init?(argument: String) {
        guard let instant = Instant(rfc3339: argument) ?? Instant(rfc3339: argument + "T00:00:00Z"),
            instant == instant.startOfHour
        else { return nil }
        self.instant = instant
    }
}
