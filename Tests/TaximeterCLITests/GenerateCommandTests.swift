import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter generate`, run as a process.
@Suite struct GenerateCommandTests {
    private let folder: URL
    private static let profile = Fixtures.folder.appending(path: "profiles/small-provider.yaml").path
    private static let archive = TestData.folder?.appending(path: "traces/servegen_deepseek_r1.tar.xz").path

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-generate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func generate(_ arguments: String..., profile: String = Self.profile) throws -> CommandLineTool.Result {
        try CommandLineTool.run(["generate", "--profile", profile] + arguments)
    }

    @Test func twoRunsMakeTheSameBytes() throws {
        let (plain, packed) = (path("a.jsonl"), path("a.jsonl.gz"))
        let first = try generate("--count", "3000", "--seed", "9", "--output", plain)
        let line = "3,000 rows: 3,000 accepted, 0 duplicates, 0 conflicts, 0 rejected\n"
        #expect(first == .init(exitCode: 0, output: "\(plain): \(line)"))
        let text = try String(contentsOfFile: plain, encoding: .utf8)
        #expect(text.utf8.count { $0 == 10 } == 3_000)

        let again = try generate("--count", "3000", "--seed", "9", "--batch-size", "7", "--output", "-")
        #expect(again == .init(exitCode: 0, output: text))
        // A shorter run is the beginning of a longer one.
        let shorter = try generate("--count", "100", "--seed", "9", "--output", "-").output
        #expect(text.hasPrefix(shorter) && shorter.utf8.count { $0 == 10 } == 100)
        #expect(try generate("--count", "100", "--seed", "8", "--output", "-").output != shorter)

        #expect(try generate("--count", "3000", "--seed", "9", "--output", packed).exitCode == 0)
        let unpacked = try CommandLineTool.run(program: "/bin/gzip", ["-dc", packed])
        #expect(unpacked.output == text)
        let bytes = try Data(contentsOf: URL(filePath: packed))
        #expect(try generate("--count", "3000", "--seed", "9", "--output", packed).exitCode == 0)
        #expect(try Data(contentsOf: URL(filePath: packed)) == bytes)
    }

    @Test func optionsShapeTheRun() throws {
        let hour = try generate(
            "--from", "2025-03-01T05:00:00Z", "--duration", "30m", "--rate", "2.5", "--accounts", "2", "--output", "-")
        let lines = hour.output.split(separator: "\n")
        // The hour is busier than the average one.
        #expect((3_000...7_000).contains(lines.count), "\(lines.count)")
        #expect(lines.allSatisfy { $0.contains("\"completed_at\":\"2025-03-01T05:") })
        #expect(Set(lines.map { $0.prefix(24) }).count == 2)
    }

    @Test func eventsGoThroughIngestAndIntoTheStore() throws {
        let database = try TestDatabase()
        let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
        let piped = try CommandLineTool.run(
            script: """
                "$TAXIMETER" generate --profile "$PROFILE" --count 2500 --output - |
                    "$TAXIMETER" ingest - --format jsonl --rejects "$REJECTS"
                """,
            environment: environment.merging(["PROFILE": Self.profile, "REJECTS": path("r")]) { $1 })
        #expect(
            piped
                == .init(
                    exitCode: 0,
                    output: "stdin: 2,500 rows: 2,500 accepted, 0 duplicates, 0 conflicts, 0 rejected\n"))
        // The same events and some more; then others under the same ids.
        let base = ["generate", "--profile", Self.profile, "--into-store", "--batch-size", "1000"]
        let stored = try CommandLineTool.run(base + ["--count", "3000"], environment: environment)
        #expect(
            stored
                == .init(
                    exitCode: 0, output: "store: 3,000 rows: 500 accepted, 2,500 duplicates, 0 conflicts, 0 rejected\n")
        )
        let other = try CommandLineTool.run(
            base + ["--count", "50", "--accounts", "1", "--rate", "1"], environment: environment)
        #expect(other.exitCode == 65)
        #expect(other.errors.contains("take another --seed"))
    }

    /// Recorded into a spool and brought to the store, the events are those that ``FileSink`` writes: the same number and
    /// the same sums, each once, also where a drain is repeated on a copy.
    @Test func eventsGoThroughASpool() throws {
        let database = try TestDatabase()
        let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
        let spool = path("spool")
        let recorded = try generate("--count", "25000", "--seed", "3", "--spool", spool)
        let line = "\(spool): 25,000 rows: 25,000 accepted, 0 duplicates, 0 conflicts, 0 rejected\n"
        #expect(recorded == .init(exitCode: 0, output: line))
        let survey = try SpoolSurvey.read(spool)
        #expect(survey.pendingEventCount == 25_000 && survey.damages.isEmpty && survey.tornTails.isEmpty)
        let copied = try CommandLineTool.run(script: "cp -r '\(spool)' '\(path("copy"))'")
        #expect(copied.exitCode == 0)
        for (folder, first) in [(spool, true), (path("copy"), false)] {
            let drained = try CommandLineTool.run(["spool", "drain", folder], environment: environment)
            #expect(drained.exitCode == 0 && drained.output.contains("25,000 events"), "\(drained)")
            #expect(drained.output.hasPrefix("stored       0 batches") != first, "\(drained)")
        }
        let file = path("same.jsonl")
        #expect(try generate("--count", "25000", "--seed", "3", "--output", file).exitCode == 0)
        let other = try TestDatabase()
        let ingested = try CommandLineTool.run(
            ["ingest", file], environment: ["TAXIMETER_DATABASE_URL": other.address.connectionString])
        #expect(ingested.exitCode == 0)
        let content = """
            SELECT count(*), sum(hashtextextended(concat_ws('|', a.external_id, m.name, c.name, t.name, e.request_id,
                e.started_at, e.completed_at, e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens,
                e.cache_write_1h_tokens, e.output_tokens, e.requests, e.sign), 0)::numeric)
            FROM taximeter.usage_event AS e JOIN taximeter.account AS a USING (account_key)
            JOIN taximeter.model AS m USING (model_key) JOIN taximeter.channel AS c USING (channel_key)
            JOIN taximeter.service_tier AS t USING (service_tier_key)
            """
        let stored = try database.psql(content)
        #expect(stored.hasPrefix("25000|"))
        #expect(try other.psql(content) == stored)
        try database.store.run()
        #expect(try database.store.auditEvents { Issue.record("\($0)") }.totals.events == 25_000)
    }

    /// What a spool has no room for is an error, what it had taken before counts, and goes on once it was drained.
    @Test func spoolsThatCannotTakeMore() throws {
        let database = try TestDatabase()
        let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
        let folder = path("spool")
        let full = try generate("--count", "60000", "--batch-size", "1000", "--spool", folder, "--spool-limit", "1")
        #expect(full.exitCode == 75 && full.output == "", "\(full)")
        let text = try #require(full.errors.firstMatch(of: /^taximeter: ([0-9,]+) events are in .*, no more\n/)?.1)
        #expect(full.errors.contains("\ntaximeter: spool \(folder): ") && full.errors.contains("full"), "\(full)")
        let taken = try #require(Int(text.filter { $0 != "," }))
        #expect(taken >= 5_000 && taken < 60_000)
        #expect(try SpoolSurvey.read(folder).pendingEventCount == taken)
        let spool = try Spool(folder)
        let locked = try generate("--count", "1", "--spool", folder)
        spool.close()
        #expect(
            locked
                == .init(
                    exitCode: 75, output: "",
                    errors: "taximeter: spool \(folder): is open elsewhere; a spool has one process at a time\n"))
        #expect(try CommandLineTool.run(["spool", "drain", folder], environment: environment).exitCode == 0)
        #expect(try database.psql("SELECT count(DISTINCT request_id) FROM taximeter.usage_event") == "\(taken)\n")
        #expect(try generate("--count", "100", "--seed", "2", "--spool", folder, "--spool-limit", "1").exitCode == 0)
        #expect(try CommandLineTool.run(["spool", "drain", folder], environment: environment).exitCode == 0)
        #expect(try database.store.auditEvents { Issue.record("\($0)") }.totals.events == taken + 100)
        // A folder of something else is left as it is.
        let strange = path("strange")
        try FileManager.default.createDirectory(atPath: strange, withIntermediateDirectories: false)
        try Data("mine".utf8).write(to: URL(filePath: strange + "/segment-000000000001.spool"))
        #expect(try generate("--count", "1", "--spool", strange).exitCode == 65)
    }

    /// 40 events a second for two seconds take about two seconds, and end at the present.
    @Test func realPaceTakesItsTime() throws {
        let start = ContinuousClock.now
        let played = try generate("--pace", "real", "--rate", "40", "--duration", "2s", "--output", "-")
        #expect(played.exitCode == 0)
        #expect(played.output.split(separator: "\n").count > 10)
        // The last event is due somewhere in the second second.
        #expect(ContinuousClock.now - start > .seconds(1))
    }

    @Test func faultsHaveTheirCodes() throws {
        let bad = path("bad.yaml")
        try Data("load_profile: p\nrate: x\n".utf8).write(to: URL(filePath: bad))
        let empty = path("empty")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
        let diagnosed = try generate("--output", "-", profile: bad)
        #expect(diagnosed.exitCode == 65)
        #expect(diagnosed.errors.contains("\(bad):2:7: rate: found \"x\"; expected a number of 0.000001 to 1000000"))
        let absent = try generate("--output", "-", profile: path("absent"))
        #expect(absent.exitCode == 74)
        #expect(absent.errors == "taximeter: \(path("absent")): there is no such file, or it cannot be reached\n")
        let nothing = try generate("--output", "-", profile: empty)
        #expect(nothing.exitCode == 65)
        #expect(nothing.errors.contains("no chunk-N-trace.csv"))
        let broken = path("broken.tar.xz")
        try Data("no archive".utf8).write(to: URL(filePath: broken))
        #expect(try generate("--output", "-", profile: broken).exitCode == 74)
        #expect(try generate("--count", "1", "--output", path("no/such/folder")).exitCode == 74)
        let full = try CommandLineTool.run(
            script: #""$TAXIMETER" generate --profile "$PROFILE" --count 2000 --output - > /dev/full"#,
            environment: ["PROFILE": Self.profile])
        #expect(full.exitCode == 74)
        // What the name stands for is written to, not replaced: it may be a link, or a device.
        let (link, target) = (path("link.jsonl"), path("target.jsonl"))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(try generate("--count", "1", "--output", link).exitCode == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
        #expect(FileManager.default.fileExists(atPath: target))
        let wrong: [[String]] = [
            [], ["--output", "-", "--into-store"], ["--spool", "s", "--into-store"],
            ["--spool", "s", "--spool-limit", "0"], ["--spool", "s", "--database-url", "host=x"],
            ["--output", "-", "--count", "0"], ["--output", "-", "--rate", "0"],
            ["--output", "-", "--rate", "1e3"], ["--output", "-", "--duration", "5"],
            ["--output", "-", "--accounts", "0"], ["--output", "-", "--from", "2200-01-01"],
        ]
        for arguments in wrong {
            let result = try CommandLineTool.run(["generate", "--profile", Self.profile] + arguments)
            #expect(result.exitCode == 64 && result.output == "", "\(arguments): \(result)")
        }
    }

    @Test(
        .enabled(if: archive.map { FileManager.default.fileExists(atPath: $0) } ?? false, "ServeGen's data are absent"))
    func serveGenIsTakenAsItIsPacked() throws {
        let result = try generate("--count", "50", "--output", "-", profile: try #require(Self.archive))
        #expect(result.exitCode == 0)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 50)
        #expect(lines.allSatisfy { $0.hasPrefix("{\"account\":\"client-") && $0.contains("\"model\":\"deepseek-r1\"") })
    }
}
