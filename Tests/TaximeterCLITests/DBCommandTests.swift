import Foundation
import TaximeterPostgres
import TestKit
import Testing

@Suite struct DBCommandTests {
    @Test func startStatusStop() throws {
        let home = try ClusterHomes.make()
        func db(_ arguments: String...) throws -> CommandLineTool.Result {
            let result = try CommandLineTool.run(["db"] + arguments, environment: ["TAXIMETER_HOME": home])
            #expect(result.errors == "")
            return result
        }
        let socket = "host=\(home)/postgresql/run port=5432 user=taximeter dbname=taximeter"
        #expect(try db("status").exitCode == 3)
        #expect(try db("stop") == .init(exitCode: 0, output: "was not running\n"))
        for _ in 1...2 {
            #expect(try db("start") == .init(exitCode: 0, output: "running: \(socket)\npsql '\(socket)'\n"))
        }
        let status = try db("status")
        #expect(status.exitCode == 0)
        #expect(
            status.output.wholeMatch(of: /running \(process \d+\): (.*)\npsql '(.*)'\n/)?.output.1 == Substring(socket))
        #expect(try db("stop", "--mode", "immediate") == .init(exitCode: 0, output: "stopped\n"))
        #expect(try db("status") == .init(exitCode: 3, output: "stopped\n"))
    }

    @Test(arguments: [
        (["db", "--help"], "USAGE: taximeter db <subcommand>"),
        (["db"], "USAGE: taximeter db <subcommand>"),
        (["db", "start", "--help"], "USAGE: taximeter db start"),
        (["db", "stop", "--help"], "USAGE: taximeter db stop [--mode <mode>]"),
        (["db", "status", "--help"], "USAGE: taximeter db status"),
    ])
    func help(_ arguments: [String], _ usage: String) throws {
        let result = try CommandLineTool.run(arguments)
        #expect(result.exitCode == 0 && result.errors == "")
        #expect(result.output.contains(usage + "\n"))
    }

    /// One line for each fault, and a code that a script can tell from others. (The codes' faults themselves are tested
    /// with the embedded cluster.)
    @Test(
        arguments: [
            (["db", "start"], ["TAXIMETER_HOME": "/proc/taximeter"], 73, "taximeter: cannot create /proc/taximeter: "),
            (
                ["db", "start"], ["TAXIMETER_HOME": "HOME", "TAXIMETER_PG_BIN": "/nonexistent"], 69,
                "taximeter: no server programs of PostgreSQL 15 or newer"
            ),
            (["db", "status"], ["TAXIMETER_HOME": "/tmp/a\nb"], 73, "taximeter: the home's path contains a control"),
            (["db", "stop", "--mode", "slow"], [:], 64, "Error: The value 'slow' is invalid for '--mode <mode>'"),
            (["db", "start", "now"], [:], 64, "Error: Unexpected argument 'now'"),
            (["db", "restart"], [:], 64, "Error: Unexpected argument 'restart'"),
        ] as [([String], [String: String], Int32, String)])
    func faults(_ arguments: [String], _ environment: [String: String], _ code: Int32, _ message: String) throws {
        let home = try ClusterHomes.make()
        let result = try CommandLineTool.run(
            arguments, environment: environment.mapValues { $0 == "HOME" ? home : $0 })
        #expect(result.exitCode == code)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix(message), "\(result.errors)")
        if code != 64 { #expect(result.errors.filter { $0 == "\n" }.count == 1, "\(result.errors)") }
    }

    @Test func manyCommandsAtOnceStartOneServer() throws {
        let home = try ClusterHomes.make()
        let result = try CommandLineTool.run(
            script: "for i in 1 2 3 4; do $TAXIMETER db start & done; wait; $TAXIMETER db stop",
            environment: ["TAXIMETER_HOME": home])
        #expect(result.errors == "" && result.exitCode == 0)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 9 && Set(lines).count == 3, "\(result.output)")
    }

    /// However far a start has come when it is killed, the next one finishes the work.
    @Test func killedStartIsFinishedByTheNext() async throws {
        try await withSeed { generator in
            let home = try ClusterHomes.make()
            for _ in 1...6 {
                let milliseconds = String(Int.random(in: 20...700, using: &generator) + 1000).dropFirst()
                let killed = try CommandLineTool.run(
                    script: "timeout -s KILL 0.\(milliseconds) $TAXIMETER db start",
                    environment: ["TAXIMETER_HOME": home])
                #expect([0, 137].contains(killed.exitCode), "\(killed)")
            }
            let started = try CommandLineTool.run(["db", "start"], environment: ["TAXIMETER_HOME": home])
            #expect(started.exitCode == 0, "\(started.errors)")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: home + "/postgresql").sorted() == [
                    "data", "lock", "log", "run",
                ])
            #expect(try EmbeddedCluster(home: home).stop())
        }
    }
}
