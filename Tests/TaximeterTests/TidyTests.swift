import Foundation
import TestKit
import Testing

/// Keeps the house tidy: rules that a reader would otherwise have to check.
@Suite struct TidyTests {
    private static func files(_ folders: [String], _ endings: String...) throws -> [(name: String, text: String)] {
        try folders.flatMap { folder in
            let root = Fixtures.packageRoot.appending(path: folder)
            let names = try FileManager.default.subpathsOfDirectory(atPath: root.path)
            return try names.filter { name in endings.contains { name.hasSuffix($0) } }.map { name in
                ("\(folder)/\(name)", try String(contentsOf: root.appending(path: name), encoding: .utf8))
            }
        }
    }

    /// No floating point touches money or tokens.
    @Test func noFloatingPointNearMoney() throws {
        let folders = [
            "Money", "Calendar", "Usage", "Tariffs", "Rating", "Metering", "Billing", "Ledger", "Margins", "Store",
            "Capacity",
        ]
        let sources = try Self.files(
            folders.map { "Sources/Taximeter/\($0)" } + ["Sources/TaximeterPostgres"], ".swift")
        #expect(sources.count > 80)
        // Probabilities are neither money nor tokens.
        for (name, text) in sources where !name.contains("/Capacity/Probability/") {
            #expect(text.firstMatch(of: /\b(Double|Float|CGFloat|Decimal)\b/) == nil, "\(name)")
        }
    }

    /// Nothing that input could reach takes the host down.
    @Test func noTrapsInSources() throws {
        for (name, text) in try Self.files(["Sources"], ".swift") {
            #expect(text.firstMatch(of: /\btry!|\bfatalError\(|\bas! |\bprecondition(Failure)?\(/) == nil, "\(name)")
        }
    }

    /// Nothing unfinished, and no test that does not run.
    @Test func nothingUnfinished() throws {
        let word = try Regex("\\b(TO" + "DO|FIX" + "ME)\\b")
        for (name, text) in try Self.files(
            ["Sources", "Tests", "Plugins", "Benchmarks", "sql"], ".swift", ".sql", ".h")
        {
            #expect(text.firstMatch(of: word) == nil, "\(name)")
        }
        let skipped = try Regex("\\.disabled\\(|withKnown" + "Issue")
        for (name, text) in try Self.files(["Tests"], ".swift") {
            #expect(text.firstMatch(of: skipped) == nil, "\(name)")
        }
    }

    /// A file is read at one sitting.
    @Test func filesAreShort() throws {
        for (name, text) in try Self.files(["Sources", "Tests", "Plugins", "Benchmarks"], ".swift") {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 400, "\(name) has \(lines) lines")
        }
    }

    /// A migration's file name begins with its number, without gaps, and each has its verify script.
    @Test func migrationsAreNumberedAndVerified() throws {
        func names(_ folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(
                atPath: Fixtures.packageRoot.appending(path: "sql/\(folder)").path
            ).sorted()
        }
        let migrations = try names("migrations")
        #expect(migrations == (try names("verify").filter { $0.first?.isNumber == true }))
        for (index, name) in migrations.enumerated() {
            #expect(Int(name.prefix(4)) == index + 1 && name.dropFirst(4).hasPrefix("_"), "\(name)")
        }
    }

    /// The rules that let the schema be distributed by account.
    @Test func theSchemaStaysDistributable() throws {
        for (name, text) in try Self.files(["sql/migrations", "sql/views"], ".sql") {
            let code = text.replacing(/--[^\n]*/, with: "").replacing(/'[^']*'/, with: "''")
            #expect(
                code.firstMatch(
                    of: /(?i)\bGENERATED\b.*\bIDENTITY\b|\bCREATE (OR REPLACE )?(TRIGGER|RULE)\b|\bMERGE INTO\b/)
                    == nil, "\(name)")
            #expect(code.firstMatch(of: /(?i)date_trunc\('', [^,()]+\)/) == nil, "\(name): date_trunc without a zone")
        }
    }
}
