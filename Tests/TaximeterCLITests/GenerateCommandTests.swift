import Foundation
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
            [], ["--output", "-", "--into-store"], ["--output", "-", "--count", "0"], ["--output", "-", "--rate", "0"],
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
