public import Foundation
import Glibc

/// A private PostgreSQL cluster that taximeter creates, starts, finds again and stops.
///
/// It is for one machine and one user: reached by a Unix socket in a directory of that user alone, never by TCP. It
/// outlives the command that started it. As root everything runs as, and belongs to, an unprivileged user. All
/// functions block; any number of processes may call them at once.
public struct EmbeddedCluster: Sendable {
    static let port = 5432
    static let user = "taximeter"
    static let database = "taximeter"

    let home: String?
    let environment: [String: String]
    let settings: ClusterSettings
    let timeoutSeconds: Int

    /// The cluster of a home, without touching it yet.
    ///
    /// - Parameters:
    ///   - home: The folder for taximeter's data. Nil means `TAXIMETER_HOME`, or else `/var/lib/taximeter` for root and
    ///     `${XDG_STATE_HOME:-~/.local/state}/taximeter` for others.
    ///   - environment: Where those variables are read, and `TAXIMETER_PG_BIN` and `PATH`, in which the server's
    ///     programs are searched, besides `/usr/lib/postgresql/*/bin`.
    ///   - settings: What a new cluster is made with, and what the next start runs with.
    ///   - timeoutSeconds: How long a start or a stop may take.
    public init(
        home: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment,
        settings: ClusterSettings = .standard, timeoutSeconds: Int = 60
    ) {
        self.home = home
        self.environment = environment
        self.settings = settings
        self.timeoutSeconds = timeoutSeconds
    }

    /// Makes sure that the server runs and has its database, and tells where. Creates the cluster if there is none.
    ///
    /// When another command is starting or stopping the cluster, waits for it.
    public func start() throws(ClusterError) -> ClusterAddress {
        let layout = try layout()
        try layout.prepare()
        return try FileLock.hold(layout.lock, account: layout.account, deadline: deadline) {
            () throws(ClusterError) in
            let deadline = deadline
            while ContinuousClock.now < deadline {
                switch try status(layout) {
                case .notCreated: try initialise(layout)
                case .stopped: try launch(layout)
                case .changing: usleep(50_000)
                case .running(_, let address):
                    try createDatabase(at: address)
                    return address
                }
            }
            throw startTimedOut(layout)
        }
    }

    /// Stops the server and waits until it has ended; nothing happens when none runs.
    ///
    /// - Returns: Whether one was running.
    @discardableResult
    public func stop(_ mode: ClusterStopMode = .fast) throws(ClusterError) -> Bool {
        let layout = try layout()
        if try status(layout) == .notCreated { return false }
        return try FileLock.hold(layout.lock, account: layout.account, deadline: deadline) {
            () throws(ClusterError) in
            guard let server = layout.serverLock, server.isHeld else { return false }
            kill(server.processID, mode.signal)
            let deadline = deadline
            while layout.serverLock?.isHeld == true {
                if ContinuousClock.now > deadline {
                    throw ClusterError(
                        .stopTimedOut,
                        "the server (process \(server.processID)) has not ended \(timeoutSeconds) s after a \(mode) stop"
                            + (mode == .smart ? ", which waits for its clients; a fast one disconnects them" : ""),
                        log: layout.logTail().lines)
                }
                usleep(20_000)
            }
            return true
        }
    }

    /// What the cluster is doing. Changes nothing.
    public func status() throws(ClusterError) -> ClusterStatus { try status(layout()) }

    func layout() throws(ClusterError) -> ClusterLayout {
        try ClusterLayout(home: home, environment: environment, isRoot: geteuid() == 0)
    }

    var deadline: ContinuousClock.Instant { .now + .seconds(timeoutSeconds) }

    private func status(_ layout: ClusterLayout) throws(ClusterError) -> ClusterStatus {
        let files = FileManager.default
        for directory in [layout.home, layout.folder] where files.fileExists(atPath: directory) {
            if !files.isReadableFile(atPath: directory) || !files.isExecutableFile(atPath: directory) {
                throw ClusterError(.homeUnusable, "\(directory) belongs to another user; set TAXIMETER_HOME")
            }
        }
        guard files.fileExists(atPath: layout.data) else { return .notCreated }
        guard let server = layout.serverLock, server.isHeld else { return .stopped }
        guard server.state == "ready", let port = server.port, let directory = server.socketDirectory else {
            return .changing(processID: server.processID)
        }
        let address = ClusterAddress(
            socketDirectory: directory, port: port, user: Self.user, database: Self.database)
        return .running(processID: server.processID, address: address)
    }
}

extension ClusterStopMode {
    /// https://www.postgresql.org/docs/15/server-shutdown.html
    fileprivate var signal: Int32 {
        switch self {
        case .smart: SIGTERM
        case .fast: SIGINT
        case .immediate: SIGQUIT
        }
    }
}
