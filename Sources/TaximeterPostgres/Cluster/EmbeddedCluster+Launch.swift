import Foundation
import Glibc

extension EmbeddedCluster {
    /// The file inside the data directory that carries ``ClusterSettings``.
    static let settingsFile = "taximeter.conf"

    /// Starts the server of an existing cluster and waits until it takes connections.
    func launch(_ layout: ClusterLayout) throws(ClusterError) {
        let programs = try programs(layout)
        try layout.makePrivate(layout.log)
        try layout.makePrivate(layout.socketDirectory)
        try clearStaleLocks(layout)

        var settings = settings
        if settings.parameters["wal_compression"] == nil {
            settings.parameters["wal_compression"] = compression(programs, layout)
        }
        let configuration = settings.configuration(
            socketDirectory: layout.socketDirectory, logDirectory: layout.log)
        let file = layout.data + "/" + Self.settingsFile
        if (try? String(contentsOfFile: file, encoding: .utf8)) != configuration {
            try layout.account.write(configuration, to: file)
        }

        try? FileManager.default.removeItem(atPath: layout.startupLog)
        let began = ContinuousClock.now
        let start = layout.account.command(
            programs.path("pg_ctl"),
            ["start", "-D", layout.data, "-l", layout.startupLog, "-s", "-w", "-t", String(timeoutSeconds)])
        let outcome = try start.run(within: timeoutSeconds + 30)
        if outcome.succeeded { return }
        if ContinuousClock.now - began >= .seconds(timeoutSeconds) { throw startTimedOut(layout) }
        let tail = layout.logTail()
        throw ClusterError.storage(
            .startFailed, "the server of \(layout.data) did not start; its log: \(tail.path)", at: layout.data,
            log: tail.lines.isEmpty ? outcome.lastLines : tail.lines)
    }

    /// lz4, which takes a small part of the time of PostgreSQL's own method, where the server was built with it.
    private func compression(_ programs: ServerPrograms, _ layout: ClusterLayout) -> String {
        let question = layout.account.command(
            programs.path("postgres"),
            ["-C", "wal_compression", "-D", layout.data, "-c", "config_file=/dev/null", "-c", "wal_compression=lz4"])
        return (try? question.run(within: 30))?.succeeded == true ? "lz4" : "on"
    }

    /// Creates the database when it is missing; so also shows that the server answers.
    func createDatabase(at address: ClusterAddress) throws(ClusterError) {
        let psql = try psql()
        let maintenance = address.with(database: "postgres")
        func isThere() throws(ClusterError) -> Bool {
            let query = "SELECT 1 FROM pg_database WHERE datname = '\(address.database)'"
            return try !psql.run(query, at: maintenance).isEmpty
        }
        if try isThere() { return }
        do {
            try psql.run("CREATE DATABASE \(address.database)", at: maintenance)
        } catch {
            // A start that was killed may have left its psql behind, which has just done the same.
            if try !isThere() { throw error }
        }
    }

    func startTimedOut(_ layout: ClusterLayout) -> ClusterError {
        let tail = layout.logTail()
        return ClusterError(
            .startTimedOut,
            "the server of \(layout.data) was not ready after \(timeoutSeconds) s; its log: \(tail.path)",
            log: tail.lines)
    }

    func programs(_ layout: ClusterLayout) throws(ClusterError) -> ServerPrograms {
        let file = layout.data + "/PG_VERSION"
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let version = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else {
            throw ClusterError(
                .damaged, "\(layout.data) is not a PostgreSQL cluster: \(file) is missing or holds no version number")
        }
        return try ServerPrograms.find(version: version, dataDirectory: layout.data, environment: environment)
    }

    /// Removes lock files whose process number now belongs to a program that does not hold them: the server would take
    /// that program for another server and refuse to start. Those of dead processes it clears itself.
    private func clearStaleLocks(_ layout: ClusterLayout) throws(ClusterError) {
        let socket = ClusterLayout.socket(in: layout.socketDirectory)
        if let holder = ServerLockFile(path: socket + ".lock"), holder.isHeld {
            throw ClusterError(
                .socketInUse,
                "the server of \(holder.dataDirectory) (process \(holder.processID)) listens at \(socket); stop it first"
            )
        }
        for file in [layout.data + "/postmaster.pid", socket + ".lock"] {
            let holder = ServerLockFile(path: file)
            // An unreadable file is what a crash leaves that comes before its content.
            if holder.map({ kill($0.processID, 0) == 0 }) ?? true {
                try? FileManager.default.removeItem(atPath: file)
            }
        }
    }
}

extension ClusterLayout {
    /// The last lines of whichever log the server wrote to last, and that log's path.
    func logTail() -> (path: String, lines: [String]) {
        let logs = ((try? FileManager.default.contentsOfDirectory(atPath: log)) ?? []).map { log + "/" + $0 }
        func modified(_ path: String) -> Date {
            (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date ?? .distantPast
        }
        guard let newest = logs.max(by: { modified($0) < modified($1) }) else { return (log, []) }
        let text = (try? String(contentsOfFile: newest, encoding: .utf8)) ?? ""
        return (newest, text.split(separator: "\n").suffix(8).map(String.init))
    }
}
