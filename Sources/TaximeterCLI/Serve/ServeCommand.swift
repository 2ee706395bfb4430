import ArgumentParser
import Foundation
import TaximeterPostgres
#if Server
import TaximeterServer
#endif

/// `taximeter serve`: the HTTP sidecar.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve over HTTP: take in events, quote, reserve, show the report.",
        discussion: """
            docs/http-api.md has the routes; taximeter token makes what callers need. It speaks no TLS: beyond this machine it \
            belongs behind a proxy that does. SIGTERM and SIGINT end it once all requests under way are answered.
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Option(help: "The port; 0 for one that is free.")
    var port = 8420
    @Option(help: "The largest body of a request, in bytes.")
    var maxBody = 4 << 20
    @Option(help: "The most events in a request.")
    var maxBatch = 10_000
    @Option(help: "Requests a second that one token may make, over ten seconds; 0 for any number.")
    var rate = 1_000
    @Option(help: "The most connections at once; more wait.")
    var maxConnections = 1_024
    @Option(help: "The most requests that are worked on at once; more are told to come again.")
    var maxRequests = 256
    @Option(help: "Seconds that a request may take to arrive, and a connection may be idle.")
    var receiveTimeout = 30
    @Option(help: "Seconds that requests under way may still take after a signal to end.")
    var shutdownTimeout = 30
    @Option(help: "The most connections to the database.")
    var databaseConnections = 8
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if !(0...65_535).contains(port) { throw ValidationError("--port must be 0 to 65535") }
        let positive = [
            ("--max-body", maxBody), ("--max-batch", maxBatch), ("--max-connections", maxConnections),
            ("--max-requests", maxRequests), ("--receive-timeout", receiveTimeout),
            ("--shutdown-timeout", shutdownTimeout), ("--database-connections", databaseConnections),
        ]
        for (name, value) in positive where !(1...1 << 30).contains(value) {
            throw ValidationError("\(name) must be 1 to \(1 << 30)")
        }
        if !(0...1_000_000).contains(rate) { throw ValidationError("--rate must be 0 to 1000000") }
    }

    func run() throws {
        #if Server
        let metrics = PrometheusMetrics()
        let store = try database.store(connections: databaseConnections, metrics: metrics)
        defer { store.close() }
        let sidecar = Sidecar(store, metrics: metrics, options: options) { try ReportPage($0).html() }
        try sidecar.run { port in
            // Whoever waits for it reads this line at once.
            FileHandle.standardOutput.write(Data("taximeter: listening on http://\(host):\(port)\n".utf8))
        }
        #else
        FileHandle.standardError.write(
            Data(
                """
                taximeter: this build has no HTTP server, which takes minutes to build; make one that has it with
                swift build -c release --traits Server --product taximeter

                """.utf8))
        throw ExitCode.unavailable
        #endif
    }

    #if Server
    private var options: SidecarOptions {
        var options = SidecarOptions()
        options.host = host
        options.port = port
        options.maximumBodyBytes = maxBody
        options.maximumBatchEvents = maxBatch
        options.requestsPerSecond = rate
        options.maximumConnections = maxConnections
        options.maximumRequestsInFlight = maxRequests
        options.receiveTimeout = .seconds(receiveTimeout)
        options.shutdownTimeout = .seconds(shutdownTimeout)
        return options
    }
    #endif
}
