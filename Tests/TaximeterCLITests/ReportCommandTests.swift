import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// The page that `taximeter report` writes, of the published day: as it was looked at, in fixtures/report.
@Suite struct ReportCommandTests {
    private static let database = Result {
        let database = try TestDatabase()
        let day = Fixtures.folder.appending(path: "published-day").path
        for arguments in [
            ["tariffs", "load", "\(day)/price-book.yaml"], ["costs", "load", "\(day)/costs.yaml"],
            ["ingest", "\(day)/usage.csv"], ["run"],
        ] {
            let result = try taximeter(arguments, database)
            try #require(result.exitCode == 0, "\(result.errors)")
        }
        return database
    }

    private static func taximeter(_ arguments: [String], _ database: TestDatabase) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
    }

    /// The page of some options.
    private func page(_ options: String..., database: TestDatabase? = nil) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString).html")
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try Self.taximeter(
            ["report"] + options + ["--html", file.path], database ?? Self.database.get())
        try #require(result == .init(exitCode: 0, output: ""), "\(result.errors)")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test func thePublishedDay() throws {
        let page = try page(
            "--from", "2025-02-27T04:00:00Z", "--to", "2025-02-28T04:00:00Z", "--time-zone", "Asia/Shanghai")
        try Golden(file: Fixtures.folder.appending(path: "report/published-day.html")).check(page)
        for figure in ["87,072.00", "562,100.00", "545.56 %", "84.51 %", "226.75", "1.226", "8,575", "−269,690.40"] {
            #expect(page.contains(figure), "\(figure)")
        }
    }

    /// Nothing of it comes from elsewhere or runs.
    @Test func thePageStandsAlone() throws {
        let page = try page("--month", "2025-02")
        #expect(page.contains("<p>2025-02 "))
        for word in ["http:", "https:", "<script", "<link", "url(", "@import", "src="] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(!page.contains("{{"))
    }

    /// Names of others are only text.
    @Test func namesAreEscaped() throws {
        let database = try TestDatabase()
        let name = "<b>&\\\"x"
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(
            """
            {"account":"\(name)","request_id":"1","model":"\(name)","completed_at":"2025-02-27T12:00:00Z","output_tokens":5}

            """.utf8
        ).write(to: file)
        let book = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: book) }
        try Data(
            """
            price_book: list
            currency: USD
            tariffs: [{model: "\(name)", versions: [{from: 2025-01-01T00:00:00Z, rates: {output: "1"}}]}]
            """.utf8
        ).write(to: book)
        for arguments in [["tariffs", "load", book.path], ["ingest", file.path], ["run"]] {
            #expect(try Self.taximeter(arguments, database).exitCode == 0)
        }
        let page = try page("--month", "2025-02", database: database)
        #expect(page.contains("&lt;b&gt;&amp;&quot;x"))
        #expect(!page.contains("<b>"))
    }

    @Test func nothingIsKnown() throws {
        let page = try page("--month", "2031-01")
        #expect(page.contains("Neither usage nor cost is known of these hours."))
    }

    @Test(arguments: [
        (["--html", "/tmp/x.html"], 64, "give either --month, or --from and --to"),
        (["--month", "2025-02", "--from", "2025-02-01", "--html", "/tmp/x.html"], 64, "give either --month"),
        (["--from", "2025-02-02", "--to", "2025-02-01", "--html", "/tmp/x.html"], 64, "--to must be after --from"),
        (["--month", "2025-02", "--time-zone", "Mars/Base", "--html", "/tmp/x.html"], 64, "--time-zone is Mars/Base"),
        (["--month", "2025-02", "--html", "/nowhere/x.html"], 74, "/nowhere/x.html"),
        (["--month", "2025-02"], 64, "--html"),
    ])
    func refuses(_ options: [String], _ exitCode: Int32, _ message: String) throws {
        let result = try Self.taximeter(["report"] + options, Self.database.get())
        #expect(result.exitCode == exitCode)
        #expect(result.errors.contains(message), "\(result.errors)")
    }
}
