import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// The same history gives the same invoices, byte for byte and hash for hash, whoever bills it: G22.
@Suite struct BillDeterminismTests {
    /// What must not matter.
    private struct Surroundings {
        var zone: String
        var language: String
        /// What the server's sessions are told.
        var settings: String
        /// Whether text in the database is compared as that language does.
        var comparesAsLanguage = false
        /// In how many pieces events come in; each is rolled up and rated on its own.
        var pieces: Int
        var workers: String
        var accountsPerTransaction: String
    }

    private static let surroundings = [
        Surroundings(
            zone: "UTC", language: "C", settings: "TimeZone = 'UTC'", pieces: 1, workers: "1",
            accountsPerTransaction: "100"),
        Surroundings(
            zone: "Asia/Kathmandu", language: "tr_TR.UTF-8", settings: "TimeZone = 'America/St_Johns'",
            comparesAsLanguage: true, pieces: 7, workers: "4", accountsPerTransaction: "1"),
        Surroundings(
            zone: "America/New_York", language: "de_DE.UTF-8", settings: "DateStyle = 'SQL, DMY'", pieces: 3,
            workers: "2", accountsPerTransaction: "2"),
    ]

    // Names that languages put in other orders than their bytes, and letters that they write in other ways.
    private static let accounts = ["Iota", "iota", "ıota", "Zeta", "äta", "éta"]
    private static let models = ["I-large", "i-large", "ö"]

    private static let prices = """
        price_book: list
        currency: USD
        tariffs:
        \(models.map { """
            - model: \($0)
              versions:
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_hit: 0.14, cache_miss: 1.4, output: 333.33}
                  schedules: [{name: off-peak, time_zone: Asia/Shanghai, from: "00:30", until: "08:30", factor: 0.5}]
                  tiers:
                    - {name: t, counter: class, classes: [output], mode: graduated, steps: [{up_to: 20000}, {factor: 0.7}]}
            """ }.joined(separator: "\n"))
        """

    private static let plan = """
        plan: pro
        currency: USD
        versions:
          - from: 2026-01-01T00:00:00Z
            price_book: list
            recurring_fee: {amount: 20, due: in_advance}
            terms: {allowances: [{name: free, tokens: 5000, per: period, order: dearest_first}]}
            tax: {name: VAT 19 %, rate: 0.19}
        """

    /// Each account has an issuing entity of its own, so that no number tells who was billed first.
    private static let agreements = accounts.enumerated().map { index, account in
        """
        - {account: \(account), time_zone: \(["UTC", "Asia/Shanghai", "America/New_York"][index % 3]), \
        issuing_entity: \(account), subscriptions: [{plan: pro, from: 2026-01-01T00:00:00Z}]}

        """
    }

    private static func events(_ count: Int, _ name: String, days: Range<Int>, _ generator: inout SeededGenerator)
        -> [String]
    {
        (0..<count).map { index in
            let second = Int.random(in: days.lowerBound * 86_400..<days.upperBound * 86_400, using: &generator)
            let time = Date(timeIntervalSince1970: Double(1_767_225_600 + second)).ISO8601Format()
            func any(_ names: [String]) -> String { names.randomElement(using: &generator) ?? "" }
            func tokens() -> Int { .random(in: 0...4_000, using: &generator) }
            return """
                {"account":"\(any(accounts))","request_id":"\(name)-\(index)","model":"\(any(models))",\
                "completed_at":"\(time)","cache_miss_tokens":\(tokens()),"output_tokens":\(tokens())}
                """
        }
    }

    @Test func theSameHistoryGivesTheSameInvoices() async throws {
        try await withSeed { generator in
            let (inTime, late) = (
                Self.events(240, "a", days: 0..<62, &generator), Self.events(40, "late", days: 0..<30, &generator)
            )
            var bills: [String] = []
            for surroundings in Self.surroundings {
                bills.append(
                    try Self.bill(
                        in: surroundings, Self.agreements.shuffled(using: &generator),
                        inTime.shuffled(using: &generator), late.shuffled(using: &generator)))
            }
            #expect(bills[0].split(separator: "\n").count == 2 * Self.accounts.count)
            #expect(bills[0].contains("\"adjusts\""))
            for bill in bills.dropFirst() { #expect(bill == bills[0]) }
        }
    }

    /// - Returns: The documents of all invoices, with their hashes in the accounts' chains.
    private static func bill(
        in surroundings: Surroundings, _ agreements: [String], _ inTime: [String], _ late: [String]
    ) throws -> String {
        let language = String(surroundings.language.prefix(2))
        let database = try surroundings.comparesAsLanguage ? TestDatabase(language: language) : TestDatabase()
        try database.psql("ALTER DATABASE \(database.address.database) SET \(surroundings.settings)")
        let environment = [
            "TAXIMETER_DATABASE_URL": database.address.connectionString, "TZ": surroundings.zone,
            "PGTZ": surroundings.zone, "LC_ALL": surroundings.language, "LANG": surroundings.language,
        ]
        func taximeter(_ arguments: String..., input: String = "") throws {
            let result = try CommandLineTool.run(arguments, environment: environment, input: input)
            #expect(result.exitCode == 0, "\(arguments): \(result.output) \(result.errors)")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-same-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func load(_ command: String, _ text: String) throws {
            let file = folder.appending(path: "\(command).yaml")
            try Data(text.utf8).write(to: file)
            try taximeter(command, "load", file.path)
        }
        try load("tariffs", prices)
        try load("plans", plan)
        try load("accounts", "accounts:\n" + agreements.joined())
        func ingest(_ events: [String]) throws {
            let size = (events.count + surroundings.pieces - 1) / surroundings.pieces
            for start in stride(from: 0, to: events.count, by: size) {
                let piece = events[start..<min(events.count, start + size)]
                try taximeter("ingest", "-", "--format", "jsonl", input: piece.map { $0 + "\n" }.joined())
                try taximeter("run")
            }
        }
        func bill(_ month: String, at now: String) throws {
            try taximeter(
                "bill", "--month", month, "--finalize", "--at", now, "--workers", surroundings.workers,
                "--accounts-per-transaction", surroundings.accountsPerTransaction)
        }
        try ingest(inTime)
        try bill("2026-01", at: "2026-02-03T00:00:00Z")
        try ingest(late)
        try bill("2026-02", at: "2026-03-05T00:00:00Z")
        return try database.psql(
            """
            SELECT i.document, encode(l.hash, 'hex') FROM taximeter.invoices AS i
            INNER JOIN taximeter.invoice_chain_links AS l ON l.number = i.number AND NOT l.is_void
            ORDER BY i.account COLLATE "C", l.chain_position
            """)
    }
}
