import Glibc
import PostgresWire
import TestKit
import Testing

@testable import TaximeterPostgres

/// A migrated server with a physical standby, a proxy in front of the first, and clients that are told of both.
struct StandbyPair {
    let primary: EmbeddedCluster
    let standby: EmbeddedCluster
    let primaryAddress: ClusterAddress
    let standbyAddress: ClusterAddress
    let proxy: FaultProxy
    private let psql: Psql

    /// - Parameter isSynchronous: Whether a COMMIT waits until the standby has it on its disk.
    init(isSynchronous: Bool) throws {
        primary = EmbeddedCluster(home: try ClusterHomes.make("primary"), settings: .forTests, timeoutSeconds: 120)
        primaryAddress = try primary.start()
        try Store.migrate(ConnectionOptions(primaryAddress.connectionString))
        psql = try primary.psql()
        proxy = try FaultProxy(primaryAddress)

        standby = EmbeddedCluster(home: try ClusterHomes.make("standby"), settings: .forTests, timeoutSeconds: 120)
        let layout = try standby.layout()
        try layout.prepare()
        let backup = layout.account.command(
            try primary.programs(primary.layout()).path("pg_basebackup"),
            [
                "--pgdata", layout.data, "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast",
                "--no-sync",
                "--host", primaryAddress.socketDirectory, "--port", String(primaryAddress.port),
                "--username", primaryAddress.user,
            ])
        let outcome = try backup.run(within: 120)
        try #require(outcome.succeeded, "\(outcome.lastLines)")
        // Not by start(), which waits for a server that takes writes.
        try standby.launch(layout)
        standbyAddress = ClusterAddress(
            socketDirectory: layout.socketDirectory, port: primaryAddress.port, user: primaryAddress.user,
            database: primaryAddress.database)
        if isSynchronous {
            try onPrimary("ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()")
        }
        try wait(for: isSynchronous ? "sync" : "async")
    }

    /// How a client connects that goes to whichever server takes writes.
    var options: ConnectionOptions {
        ConnectionOptions(
            "host=\(proxy.address.socketDirectory),\(standbyAddress.socketDirectory) port=\(primaryAddress.port) "
                + "user=\(primaryAddress.user) dbname=\(primaryAddress.database) target_session_attrs=read-write")
    }

    @discardableResult
    func onPrimary(_ sql: String) throws -> String { try psql.run(sql, at: primaryAddress) }

    @discardableResult
    func onStandby(_ sql: String) throws -> String { try psql.run(sql, at: standbyAddress) }

    /// Waits until the standby has all that is committed.
    func waitForStandby() throws {
        let end = try onPrimary("SELECT pg_current_wal_lsn()").dropLast()
        for _ in 0..<600 {
            if try onStandby("SELECT pg_last_wal_replay_lsn() >= '\(end)'") == "t\n" { return }
            usleep(100_000)
        }
        try #require(Bool(false), "the standby never came to \(end)")
    }

    /// What the standby gets from now on is nothing.
    func cutStandbyOff() throws {
        try onStandby("ALTER SYSTEM SET primary_conninfo = ''; SELECT pg_reload_conf()")
        try wait(for: "")
    }

    /// The first server is gone with its machine, and the standby takes its place.
    func failOver() throws {
        try primary.crash()
        proxy.stop()
        let layout = try standby.layout()
        let promote = layout.account.command(
            try standby.programs(layout).path("pg_ctl"), ["promote", "-D", layout.data, "-w", "-t", "120"])
        let outcome = try promote.run(within: 150)
        try #require(outcome.succeeded, "\(outcome.lastLines)")
    }

    func stop() {
        proxy.stop()
        _ = try? primary.stop(.immediate)
        _ = try? standby.stop(.immediate)
    }

    /// Waits until the first server's only standby is in this state; with none, there is to be no standby.
    private func wait(for state: String) throws {
        for _ in 0..<1_200 {
            let found = try onPrimary("SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'")
            if found == (state.isEmpty ? "" : state + "\n") { return }
            usleep(100_000)
        }
        try #require(Bool(false), "the standby never came to be '\(state)'")
    }
}
