import Foundation
import TestKit
import Testing

@testable import Taximeter

/// G1: a real process on a real disk, killed at each of its system calls that matter. What it had acknowledged is there.
@Suite struct KilledRecorderTests {
    private static let hasStrace = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

    private static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-spool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }

    /// strace delivers the signal as the call of that number begins, counted in the thread that makes it.
    @Test(
        .enabled(if: hasStrace, "needs strace"),
        arguments: ["write", "fdatasync", "fsync", "rename", "unlink"])
    func everyCallCanBeTheLast(_ call: String) throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var acknowledged: Set<String> = []
        var kills = 0
        for number in 1...12 {
            // Lives go on with the spool that the ones before left.
            let result = try CommandLineTool.run(
                script: """
                    exec strace -f -qq -o /dev/null -e trace=\(call) -e inject=\(call):signal=KILL:when=\(number) \
                    "$BIN/spool-recorder" "\(folder)/spool" 6 \(call)-\(number)
                    """)
            #expect([0, 137].contains(result.exitCode), "\(result)")
            if result.exitCode == 137 { kills += 1 }
            acknowledged.formUnion(result.output.split(separator: "\n").map(String.init))
        }
        #expect(kills > 0)
        let spool = try Spool("\(folder)/spool")
        #expect(spool.recovery.damages.isEmpty)
        var found: [String] = []
        let batches = try drained(spool)
        for batch in batches {
            for row in batch.block.rows {
                let id = batch.block.requestIDs[Int(row.requestIDStart)...].prefix(Int(row.requestIDLength))
                found.append(String(decoding: id, as: UTF8.self))
            }
        }
        spool.close()
        #expect(Set(found).isSuperset(of: acknowledged), "\(acknowledged.subtracting(found))")
        #expect(Set(found).count == found.count, "nothing is doubled")
        #expect(batches.map(\.sequence) == Array(1...Int64(batches.count)))
    }

    /// Killed at any time by a signal from outside, again and again.
    @Test func killsAtRandomTimes() async throws {
        try await withSeed { generator in
            let folder = try Self.folder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var acknowledged: Set<String> = []
            for life in 0..<10 {
                let milliseconds = String(Int.random(in: 1...120, using: &generator) + 1_000).dropFirst()
                let result = try CommandLineTool.run(
                    script: """
                        "$BIN/spool-recorder" "\(folder)/spool" 100000 \(life) &
                        sleep 0.\(milliseconds); kill -KILL $!; wait $!
                        """)
                #expect(result.exitCode == 137, "\(result)")
                acknowledged.formUnion(result.output.split(separator: "\n").map(String.init))
            }
            let spool = try Spool("\(folder)/spool")
            #expect(spool.recovery.damages.isEmpty)
            let found = try drained(spool).flatMap { batch in
                batch.block.rows.map { row in
                    String(
                        decoding: batch.block.requestIDs[Int(row.requestIDStart)...].prefix(Int(row.requestIDLength)),
                        as: UTF8.self)
                }
            }
            spool.close()
            #expect(Set(found).isSuperset(of: acknowledged))
            #expect(Set(found).count == found.count)
        }
    }

    /// A forked child has none of the parent's threads: it is told so, and the parent goes on.
    @Test func aForkedChildIsRefused() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let result = try CommandLineTool.run(script: "\"$BIN/spool-recorder\" \"\(folder)/spool\" 2 fork")
        #expect(result == .init(exitCode: 0, output: "child 42\nfork-0\nfork-1\n"))
        let spool = try Spool("\(folder)/spool")
        #expect(try drained(spool).reduce(0) { $0 + $1.block.rows.count } == 2)
        spool.close()
    }

    /// Two processes, one folder: the second is told so.
    @Test func aSpoolInUseIsRefused() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let spool = try Spool("\(folder)/spool")
        let result = try CommandLineTool.run(script: "\"$BIN/spool-recorder\" \"\(folder)/spool\" 1 x")
        #expect(result.exitCode == 1 && result.errors.contains("is open elsewhere; a spool has one process at a time"))
        spool.close()
        #expect(try CommandLineTool.run(script: "\"$BIN/spool-recorder\" \"\(folder)/spool\" 1 x").exitCode == 0)
        let bits = try FileManager.default.attributesOfItem(atPath: "\(folder)/spool")[.posixPermissions] as? Int
        #expect(bits == 0o700)
    }
}
