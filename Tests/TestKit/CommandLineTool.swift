import Foundation
import TaximeterPostgres

/// The built `taximeter` command, run as a process.
public enum CommandLineTool {
    /// The binary beside the tests' own.
    public static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "taximeter").path

    /// What a run has left.
    public struct Result: Sendable, Equatable {
        /// The exit code; 128 and the signal's number for a run that a signal ended.
        public let exitCode: Int32
        /// Standard output.
        public let output: String
        /// Standard error.
        public let errors: String

        /// A result to compare with.
        public init(exitCode: Int32, output: String, errors: String = "") {
            self.exitCode = exitCode
            self.output = output
            self.errors = errors
        }
    }

    /// Runs `taximeter` with these arguments, in an environment of `PATH` and these variables alone.
    public static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", within seconds: Int = 120
    ) throws -> Result {
        try run(path, arguments, environment: environment, input: input, within: seconds)
    }

    /// Runs a script of bash in the same way; `$TAXIMETER` is the command, `$BIN` the folder in which it lies.
    public static func run(
        script: String, environment: [String: String] = [:], within seconds: Int = 120
    ) throws -> Result {
        let environment = environment.merging([
            "TAXIMETER": path, "BIN": URL(filePath: path).deletingLastPathComponent().path,
        ]) { $1 }
        return try run("/bin/bash", ["-c", script], environment: environment, input: "", within: seconds)
    }

    /// Runs another program by its path in the same way.
    public static func run(
        program: String, _ arguments: [String], input: String = "", within seconds: Int = 120
    ) throws -> Result {
        try run(program, arguments, environment: [:], input: input, within: seconds)
    }

    private static func run(
        _ program: String, _ arguments: [String], environment: [String: String], input: String, within seconds: Int
    ) throws -> Result {
        let searched = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        let outcome = try Command(
            program: program, arguments: arguments, environment: searched.merging(environment) { $1 }, input: input
        ).run(within: seconds)
        return Result(exitCode: outcome.status, output: outcome.output, errors: outcome.errors)
    }
}
