import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// A page of `docs/` whose commands are run as they stand there: each block `sh` in its order, all in one folder and one
/// database; a block `text` is what the commands before it said.
///
/// With `TAXIMETER_RENEW_GOLDEN` set, the page is written anew with what they say now, and the run fails.
struct PageScript {
    private let path: URL
    private let folder: URL
    private let databaseURL: String

    /// - Parameters:
    ///   - name: The page's file.
    ///   - folder: Where its commands run; those of several pages that continue each other in the same.
    init(_ name: String, in folder: URL, databaseURL: String) {
        path = Fixtures.packageRoot.appending(path: "docs/\(name)")
        self.folder = folder
        self.databaseURL = databaseURL
    }

    /// Runs the page.
    ///
    /// - Returns: How many outputs were compared.
    @discardableResult
    func run() throws -> Int {
        let page = try String(contentsOf: path, encoding: .utf8)
        var renewed = page
        var output = ""
        var compared = 0
        for block in page.matches(of: /```(sh|text)\n((?:(?!```).*\n)*)```/) {
            if block.output.1 == "text" {
                #expect(output == block.output.2, "\(path.lastPathComponent)")
                if let shown = renewed.range(of: block.output.0), output != block.output.2 {
                    renewed.replaceSubrange(shown, with: "```text\n\(output)```")
                }
                compared += 1
                continue
            }
            let script = block.output.2.replacing(/(?m)^taximeter/, with: "\"$TAXIMETER\"")
            let result = try CommandLineTool.run(
                script: "set -e; cd '\(folder.path)'\n" + script,
                environment: ["TAXIMETER_DATABASE_URL": databaseURL])
            #expect(result.exitCode == 0 && result.errors == "", "\(script)\n\(result.errors)")
            output = result.output
        }
        if ProcessInfo.processInfo.environment["TAXIMETER_RENEW_GOLDEN"] != nil, renewed != page {
            try Data(renewed.utf8).write(to: path)
        }
        return compared
    }
}

/// The pages that take a month from its first price to its last invoice.
@Suite struct PageScriptTests {
    @Test func gettingStartedAndTheMonthsClose() throws {
        let database = try TestDatabase()
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-pages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (page, outputs) in [("getting-started.md", 4), ("month-close.md", 7)] {
            let script = PageScript(page, in: folder, databaseURL: database.address.connectionString)
            #expect(try script.run() == outputs, "\(page)")
        }
    }
}
