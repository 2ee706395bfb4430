import Dispatch
import Foundation

/// A program run to its end, its output kept in files: a pipe would stay open for as long as a server that inherits it.
struct Command {
    var program: String
    var arguments: [String]
    var environment: [String: String]
    var input = ""
    /// The program leaves a server behind, which must inherit nothing: neither this process's sockets and files, nor
    /// the descriptor by whose closing Foundation notices a child's end.
    var leavesServer = false

    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
        var succeeded: Bool { status == 0 }
        /// The last lines of what the program said.
        var lastLines: [String] { Array((errors + output).split(separator: "\n").suffix(8).map(String.init)) }
    }

    /// Runs it and waits.
    ///
    /// - Throws: ``ClusterError/Code/programFailed`` when it cannot be started, or has not ended after so many seconds.
    func run(within seconds: Int = 300) throws(ClusterError) -> Outcome {
        do {
            return try runInScratch(within: seconds)
        } catch let error as ClusterError {
            throw error
        } catch {
            throw ClusterError(.programFailed, "cannot run \(program): \(error.localizedDescription)")
        }
    }

    private func runInScratch(within seconds: Int) throws -> Outcome {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: scratch, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: scratch) }
        let files = ["input", "output", "errors"].map { scratch.appending(path: $0) }
        try Data(input.utf8).write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }

        let process = Process()
        process.executableURL = URL(filePath: leavesServer ? "/bin/bash" : program)
        process.arguments = leavesServer ? ["-c", Self.closingDescriptors, "bash", program] + arguments : arguments
        process.environment = environment
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if ended.wait(timeout: .now() + .seconds(seconds)) == .timedOut {
            process.terminate()
            throw ClusterError(.programFailed, "\(program) had not ended after \(seconds) s and was terminated")
        }
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
    }

    private static let closingDescriptors = """
        for fd in /proc/self/fd/*; do fd=${fd##*/}; [ "$fd" -gt 2 ] && eval "exec $fd>&-"; done; exec "$@"
        """
}
