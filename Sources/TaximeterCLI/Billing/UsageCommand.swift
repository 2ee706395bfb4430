import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter usage`: what an account used, day by day.
struct UsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "What an account used and what it comes to, by day, model and channel.",
        discussion: """
            Days are those of the account's own calendar. Amounts are exact, as far as usage was rated, before invoices \
            round and before fees, taxes and credits.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json }

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("The account.", valueName: "account"))
    var account: NameArgument

    @Option(help: ArgumentHelp("The month: 2026-01.", valueName: "month"))
    var month: MonthArgument

    @Option(help: "How to print it. csv and json carry every column, exact; table is rounded for reading.")
    var format: Format = .table

    func run() throws {
        let rows = try database.store(connections: 1)
            .usageStatement(of: account.name, from: month.month.firstDay, until: month.month.firstDayAfter)
        switch format {
        case .table: print(Self.table(rows), terminator: "")
        case .csv:
            print(
                CSVText.text([UsageStatementRow.columns] + rows.map { $0.values.map { $0 ?? "" } }), terminator: "")
        case .json:
            let objects = rows.map { Dictionary(uniqueKeysWithValues: zip(UsageStatementRow.columns, $0.values)) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(objects), as: UTF8.self))
        }
    }

    private static func table(_ rows: [UsageStatementRow]) -> String {
        if rows.isEmpty { return "no usage\n" }
        var table = TextTable([
            .init(title: "day", isNumber: false), .init(title: "model", isNumber: false),
            .init(title: "channel", isNumber: false), .init(title: "tier", isNumber: false),
            .init(title: "requests", isNumber: true), .init(title: "hit", isNumber: true),
            .init(title: "miss", isNumber: true), .init(title: "output", isNumber: true),
            .init(title: "list", isNumber: true), .init(title: "net", isNumber: true),
            .init(title: "", isNumber: false),
            .init(title: "unpriced", isNumber: true),
        ])
        for row in rows {
            let names = ["day", "model", "channel", "service_tier"].map { row[$0] ?? "" }
            let counts = ["requests", "cache_hit_tokens", "cache_miss_tokens", "output_tokens"].map {
                Figures.count(row[$0])
            }
            table.append(
                names + counts + [
                    Figures.decimal(row["list_amount"], places: 4), Figures.decimal(row["net_amount"], places: 4),
                    row["currency"] ?? "", Figures.count(row["unpriced_events"]),
                ])
        }
        return table.text
    }
}
