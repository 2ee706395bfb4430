import ArgumentParser
import TaximeterPostgres

/// `taximeter db start`.
struct DBStartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Start the server, creating the cluster the first time, and say how to reach it.",
        discussion: "Does nothing when it runs already. The server outlives this command.")

    func run() throws {
        let address = try EmbeddedCluster().start()
        print("running: \(address.connectionString)")
        print(address.psqlCommand)
    }
}
