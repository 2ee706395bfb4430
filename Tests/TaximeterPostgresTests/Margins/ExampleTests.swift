import Foundation
import TestKit
import Testing

@testable import TaximeterPostgres

/// `sql/examples/` is documentation that is run: what a DBA would type about the published day, and what comes out.
@Suite struct ExampleTests {
    private static let folder = Fixtures.packageRoot.appending(path: "sql/examples")

    static func examples() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }.sorted()
    }

    /// As a reader, in `psql` as it comes.
    @Test(arguments: try examples())
    func printsWhatItSays(_ example: String) throws {
        let database = try PublishedDay.shared.get()
        let programs = try #require(ServerPrograms.installed(environment: ProcessInfo.processInfo.environment).first)
        let file = Self.folder.appending(path: example)
        let run = try Command(
            program: programs.path("psql"),
            arguments: [
                "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.address.connectionString, "-c",
                "SET ROLE taximeter_reader", "-f", file.path,
            ], environment: ServerAccount.environment
        ).run()
        #expect(run.succeeded, "\(run.errors)")
        try Golden(file: file.deletingPathExtension().appendingPathExtension("out")).check(run.output)
    }

    @Test func thereAreExamples() throws {
        #expect(try Self.examples().count >= 4)
    }
}
