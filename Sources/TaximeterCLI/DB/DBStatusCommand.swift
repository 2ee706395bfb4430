import ArgumentParser
import TaximeterPostgres

/// `taximeter db status`.
struct DBStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say whether the server runs, and how to reach it.",
        discussion: "Exits with 0 when it takes connections, with 3 when it does not.")

    func run() throws {
        switch try EmbeddedCluster().status() {
        case .notCreated:
            print("not created: `taximeter db start` makes it")
        case .stopped:
            print("stopped")
        case .changing(let process):
            print("starting or stopping (process \(process))")
        case .running(let process, let address):
            print("running (process \(process)): \(address.connectionString)")
            print(address.psqlCommand)
            return
        }
        throw ExitCode.notRunning
    }
}
