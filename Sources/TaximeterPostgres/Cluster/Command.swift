import Foundation
import Glibc

/// A program run to its end, in a session of its own.
///
/// Its output is kept in files: a pipe would stay open for as long as a server that the program leaves behind. The files
/// have no name, so that nothing of them remains when we are killed.
package struct Command {
    package var program: String
    package var arguments: [String]
    package var environment: [String: String]
    package var input: String

    /// The program by its path, and all that it gets.
    package init(program: String, arguments: [String], environment: [String: String], input: String = "") {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.input = input
    }

    package struct Outcome: Sendable {
        /// The exit code; for a program that a signal ended, 128 and the signal's number, as in a shell.
        package let status: Int32
        package let output: String
        package let errors: String

        package var succeeded: Bool { status == 0 }

        /// The last lines of what the program complained about, or else said.
        var lastLines: [String] {
            (errors.isEmpty ? output : errors).split(separator: "\n").suffix(8).map(String.init)
        }
    }

    /// Runs it and waits.
    ///
    /// - Throws: ``ClusterError/Code/programFailed`` when it cannot be started, or has not ended after so many seconds
    ///   and was killed.
    package func run(within seconds: Int = 300) throws(ClusterError) -> Outcome {
        do {
            return try runInScratch(within: seconds)
        } catch let error as ClusterError {
            throw error
        } catch {
            throw ClusterError(.programFailed, "cannot run \(program): \(error.localizedDescription)")
        }
    }

    private func runInScratch(within seconds: Int) throws -> Outcome {
        let files = try (0..<3).map { _ in try Self.namelessFile() }
        try files[0].write(contentsOf: Data(input.utf8))
        try files[0].seek(toOffset: 0)
        let child = try ChildProcess(
            program: program, arguments: arguments,
            environment: environment.map { "\($0)=\($1)" }, descriptors: files.map(\.fileDescriptor))
        guard let status = child.wait(until: .now + .seconds(seconds)) else {
            child.kill()
            throw ClusterError(.programFailed, "\(program) had not ended after \(seconds) s and was killed")
        }
        let texts = try files.dropFirst().map { file in
            try file.seek(toOffset: 0)
            return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        }
        return Outcome(status: status, output: texts[0], errors: texts[1])
    }

    private static func namelessFile() throws(ClusterError) -> FileHandle {
        let path = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString)").path
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0 {
            throw ClusterError.storage(
                .programFailed, "cannot create the temporary file \(path): \(ClusterError.reason(errno))", at: path,
                log: [])
        }
        unsafe unlink(path)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
