public import ArgumentParser
public import TaximeterPostgres

/// `taximeter db stop`.
struct DBStopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop the server and wait until it has ended.",
        discussion: "Succeeds also when it does not run.")

    @Option(
        help: """
            smart waits for clients to disconnect, fast breaks their transactions off, immediate leaves recovery to the \
            next start.
            """)
    var mode = ClusterStopMode.fast

    func run() throws {
        print(try EmbeddedCluster().stop(mode) ? "stopped" : "was not running")
    }
}

extension ClusterStopMode: ExpressibleByArgument {}
