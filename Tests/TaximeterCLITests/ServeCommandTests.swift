import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter token` and `serve` as a user runs them; what the sidecar answers is tested with it.
@Suite struct ServeCommandTests {
    private let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func taximeter(_ arguments: String...) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
    }

    @Test func aTokensLife() throws {
        let made = try taximeter(
            "token", "create", "gateway", "--scope", "ingest", "--scope", "balance", "--account", "acme", "--expires",
            "2199-01-01")
        let text = try #require(made.output.wholeMatch(of: /tm_([0-9a-f]{16})_([0-9a-f]{64})\n/))
        #expect(made.exitCode == 0)
        let id = String(text.output.1)
        let listed = try taximeter("token", "list").output
        #expect(listed.contains("\(id)  gateway  balance, ingest  acme") && !listed.contains(text.output.2))
        #expect(try taximeter("token", "revoke", id).output == "\(id): revoked\n")
        let json = try taximeter("token", "list", "--json").output
        let revoked = try #require(json.firstMatch(of: /"revoked":"([^"]*)"/)).output.1
        #expect(json.contains("\"expires\":\"2199-01-01T00:00:00Z\""))
        // Again it stays as it is.
        #expect(try taximeter("token", "revoke", id).exitCode == 0)
        #expect(try taximeter("token", "list", "--json").output.contains(revoked))
    }

    @Test(arguments: [
        (["token", "create", "x"], 64, "--scope"),
        (["token", "create", "x", "--scope", "all"], 64, "ingest"),
        (["token", "create", "x", "--scope", "report", "--account", "a"], 64, "report shows every account"),
        (["token", "create", "x", "--scope", "quote", "--expires", "2020-01-01"], 65, "before it is made"),
        (["token", "revoke", "0123456789abcdef"], 65, "there is no token 0123456789abcdef"),
        (["serve", "--port", "65536"], 64, "--port must be 0 to 65535"),
        (["serve", "--max-body", "0"], 64, "--max-body must be 1 to"),
        (["serve", "--rate", "-1"], 64, "--rate"),
    ])
    func whatCannotBe(_ arguments: [String], _ exitCode: Int32, _ says: String) throws {
        let result = try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
        #expect(result.exitCode == exitCode && result.errors.contains(says), "\(result)")
    }

    #if Server
    /// An address that is taken, or of another machine: one line, and an exit code.
    @Test func anAddressThatCannotBeUsed() throws {
        let result = try taximeter("serve", "--host", "192.0.2.1", "--port", "0")
        #expect(result.exitCode == 69 && result.errors.hasPrefix("taximeter: "), "\(result)")
        #expect(result.errors.split(separator: "\n").count == 1)
    }
    #else
    @Test func withoutTheTraitItSaysHowToBuildIt() throws {
        let result = try taximeter("serve")
        #expect(result.exitCode == 69 && result.errors.contains("--traits Server"))
    }
    #endif
}
