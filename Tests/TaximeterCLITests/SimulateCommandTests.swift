import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter simulate` as a user runs it.
@Suite struct SimulateCommandTests {
    private static let day = ["--from", "2025-02-27T04:00:00Z", "--to", "2025-02-28T04:00:00Z"]

    /// DeepSeek's published day, rolled up and rated.
    private static let published = Result {
        let database = try TestDatabase()
        let folder = Fixtures.folder.appending(path: "published-day").path
        for arguments in [
            ["tariffs", "load", "\(folder)/price-book.yaml"], ["ingest", "\(folder)/usage.csv"], ["run"],
        ] {
            try #require(try taximeter(database, arguments).exitCode == 0)
        }
        return database
    }

    private static func taximeter(
        _ database: TestDatabase, _ arguments: [String], input: String = ""
    ) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
    }

    /// Simulates a book, given on standard input.
    private func simulate(
        _ database: TestDatabase, _ book: String, _ arguments: [String] = []
    ) throws -> CommandLineTool.Result {
        try Self.taximeter(database, ["simulate", "--price-book", "-"] + Self.day + arguments, input: book)
    }

    private func list(_ rates: String, currency: String = "USD", models: String = "[deepseek-reasoner, deepseek-chat]")
        -> String
    {
        """
        price_book: list
        currency: \(currency)
        tariffs: [{model: any, aliases: \(models), versions: [{from: "2025-01-01T00:00:00Z", rates: {\(rates)}}]}]
        """
    }

    private func lines(_ csv: String) -> [[String]] {
        csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The day at V3's list and at the later ones: FACTS of the published day, exact.
    @Test(arguments: [
        ("cache_hit: 0.07, cache_miss: 0.27, output: 1.10", "280560", "280,560.00"),
        ("cache_hit: 0.07, cache_miss: 0.56, output: 1.68", "455140", "455,140.00"),
        ("cache_hit: 0.028, cache_miss: 0.28, output: 0.42", "154616", "154,616.00"),
    ])
    func thePublishedDay(_ rates: String, _ exact: String, _ shown: String) throws {
        let database = try Self.published.get()
        let csv = try simulate(database, list(rates), ["--format", "csv"])
        #expect(csv.exitCode == 0 && csv.errors == "")
        let rows = lines(csv.output)
        #expect(rows.allSatisfy { $0.count == 11 })
        let charged = try database.psql("SELECT trim_scale(sum(net_amount)) FROM taximeter.charge").dropLast()
        #expect(rows[1][..<6] == ["total", "total", "USD", String(charged), "USD", exact])
        // The total, 2 models, 7 accounts, 24 hours.
        #expect(
            Dictionary(grouping: rows.dropFirst(), by: { $0[0] }).mapValues(\.count) == [
                "total": 1, "model": 2, "account": 7, "hour": 24,
            ])
        let table = try simulate(database, list(rates), ["--by", "model"])
        #expect(table.exitCode == 0 && table.errors == "")
        #expect(table.output.split(separator: "\n").count == 7)
        #expect(table.output.split(separator: "\n").last?.contains(" 158,666.19 ") == true)
        #expect(table.output.split(separator: "\n").last?.contains(" \(shown) ") == true)
    }

    /// The day at DeepSeek's own list of another time, as the price book of its history has it.
    @Test(arguments: [("2025-09-06", "455140"), ("2025-10-01", "154616")])
    func thePublishedDayAtTheListOf(_ instant: String, _ exact: String) throws {
        let database = try Self.published.get()
        let history = Fixtures.folder.appending(path: "price-books/deepseek-usd.yaml").path
        func simulated(_ instant: String) throws -> [[String]] {
            let arguments = ["--price-book", history, "--prices-of", instant, "--by", "model", "--format", "csv"]
            return lines(try Self.taximeter(database, ["simulate"] + arguments + Self.day).output)
        }
        #expect(try simulated(instant)[1][5] == exact)
        // Before there was a night discount, every model at its list.
        let list = try database.psql("SELECT trim_scale(sum(list_amount)) FROM taximeter.charge").dropLast()
        #expect(try simulated("2025-02-10")[1][5] == list)
        // Of the stored book too; before its first version nothing has a price.
        let stored = try Self.taximeter(
            database, ["simulate", "--prices-of", "2025-01-01", "--by", "model", "--format", "csv"] + Self.day)
        #expect(lines(stored.output)[1][5] == "0" && lines(stored.output).last?[0] == "unpriced")
        #expect(try Self.taximeter(database, ["simulate"] + Self.day).exitCode == 64)
    }

    @Test func jsonSaysWhatDoesNotExist() throws {
        let database = try Self.published.get()
        let book = list("cache_hit: 1, cache_miss: 4, output: 16", currency: "CNY", models: "[deepseek-chat]")
        let result = try simulate(database, book, ["--by", "model", "--by", "day", "--format", "json"])
        #expect(result.exitCode == 0 && result.errors == "")
        let content = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let total = try #require(content["total"] as? [String: Any])
        #expect(total["difference"] is NSNull)
        let simulated = try #require(total["simulated"] as? [String: Any])
        // V3 has 40 % of the tokens; each row of the day is a whole number of them.
        #expect(simulated["revenue"] as? String == "1637600.00018" && simulated["currency"] as? String == "CNY")
        #expect(simulated["unpriced"] as? [String: Int] == ["no_tariff": 336])
        let groups = try #require(content["by"] as? [String: [[String: Any]]])
        #expect(groups.mapValues(\.count) == ["model": 2, "day": 2])

        let table = try simulate(database, book, ["--by", "model"])
        #expect(table.output.contains("now, USD") && table.output.contains("simulated, CNY"))
        #expect(table.output.contains("no difference: the prices of now are in USD, those of list in CNY"))
        #expect(table.output.contains("usage without a price has no part in the revenue"))
        #expect(table.output.split(separator: "\n").contains { $0.split(separator: " ") == ["no_tariff", "0", "336"] })
    }

    @Test func pendingWorkIsIncludedAndMentioned() throws {
        let database = try TestDatabase()
        let generation = try database.psql("SELECT generation FROM taximeter.price_state")
        let event = """
            {"account":"a, b","request_id":"1","model":"m","completed_at":"2025-02-27T05:00:00Z","output_tokens":3000000}
            """
        let ingested = try Self.taximeter(database, ["ingest", "-", "--format", "jsonl"], input: event)
        #expect(ingested.exitCode == 0)
        let book = list("output: 0.5", models: "[m]")
        let csv = try simulate(database, book, ["--by", "account", "--format", "csv"])
        #expect(
            csv.output == """
                group,key,current_currency,current_revenue,simulated_currency,simulated_revenue,difference,current_events,\
                simulated_events,current_unpriced_events,simulated_unpriced_events
                total,total,,,USD,1.5,,1,1,1,0
                account,"a, b",,,USD,1.5,,1,1,1,0
                unpriced,no_price_book,,,,,,1,0,1,0

                """)
        #expect(try simulate(database, book).output.contains("taximeter run makes them what is said here"))
        #expect(try Self.taximeter(database, ["run"]).exitCode == 0)
        #expect(try simulate(database, book).output.contains("taximeter run") == false)
        #expect(try database.psql("SELECT generation FROM taximeter.price_state") == generation)
        // Then the events go, and a window cuts the hour.
        try database.psql("DROP TABLE taximeter.usage_event_2025_02_27")
        let window = """
            price_book: window
            currency: USD
            tariffs:
              - model: m
                versions: [{from: "2025-02-27T05:30:00Z", rates: {output: 1}}]
            """
        let gone = try simulate(database, window)
        #expect(gone.exitCode == 69 && gone.output == "")
        #expect(gone.errors.hasPrefix("taximeter: the events of 1 hours are gone (2025-02-27T05:00:00Z)"))
    }

    @Test func noUsageIsNoError() throws {
        let result = try Self.taximeter(
            Self.published.get(),
            ["simulate", "--price-book", "-", "--from", "2024-01-01", "--to", "2024-02-01"],
            input: list("output: 1"))
        #expect(
            result
                == .init(
                    exitCode: 0, output: "no usage is stored from 2024-01-01T00:00:00Z to 2024-02-01T00:00:00Z\n"))
    }

    @Test(arguments: [
        (["--price-book", "-", "--from", "2025-02-28", "--to", "2025-02-28"], 64, "Error: --to must be after --from"),
        (
            ["--price-book", "-", "--from", "2025-02-28T00:30:00Z", "--to", "2025-03-01"], 64,
            "Error: The value '2025-02-28T00:30:00Z'"
        ),
        (["--from", "2025-02-28", "--to", "2025-03-01"], 64, "Error: give --price-book, --prices-of or both"),
        (
            ["--price-book", "-", "--from", "2025-02-27", "--to", "2025-03-01", "--by", "week"], 64,
            "Error: The value 'week'"
        ),
        (
            ["--price-book", "/nonexistent.yaml", "--from", "2025-02-27", "--to", "2025-03-01"], 74,
            "taximeter: /nonexistent.yaml: cannot be read as a text file"
        ),
        (["--price-book", "-", "--from", "2025-02-27", "--to", "2025-03-01"], 65, "taximeter: stdin:1:1: "),
    ])
    func faults(_ arguments: [String], _ code: Int32, _ message: String) throws {
        let result = try Self.taximeter(Self.published.get(), ["simulate"] + arguments, input: "currency: USD\n")
        #expect(result.exitCode == code)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix(message), "\(result.errors)")
    }

    @Test func aServerThatIsNotThereIsATemporaryFault() throws {
        let result = try CommandLineTool.run(
            ["simulate", "--price-book", "-", "--database-url", "host=/nonexistent"] + Self.day,
            input: list("output: 1"))
        #expect(result.exitCode == 75)
        #expect(result.errors.hasPrefix("taximeter: PostgreSQL connectionFailed: "))
    }
}
