import Foundation
import Glibc
import Synchronization
import TestKit
import Testing

@testable import TaximeterPostgres

@Suite struct EmbeddedClusterTests {
    @Test func livesFromCommandToCommand() throws {
        let home = try ClusterHomes.make()
        func cluster() -> EmbeddedCluster { EmbeddedCluster(home: home, settings: .forTests) }
        #expect(try cluster().status() == .notCreated)
        #expect(try cluster().stop() == false)
        #expect(!FileManager.default.fileExists(atPath: home), "status and stop must not create anything")

        let address = try cluster().start()
        #expect(try cluster().start() == address)
        let psql = try cluster().psql()
        try psql.run("CREATE TABLE fact AS SELECT 42 AS answer", at: address)
        for mode in ClusterStopMode.allCases {
            #expect(try cluster().stop(mode))
            #expect(try cluster().stop(mode) == false)
            #expect(try cluster().status() == .stopped)
            #expect(try cluster().start() == address)
            #expect(try psql.run("SELECT answer FROM fact", at: address) == "42\n")
        }
        try psql.run("DROP DATABASE taximeter", at: address.with(database: "postgres"))
        #expect(try cluster().start() == address)
        #expect(try psql.run("SELECT current_database(), current_user", at: address) == "taximeter|taximeter\n")
        try cluster().stop()
    }

    @Test func isPrivateAndDurable() throws {
        let cluster = EmbeddedCluster(home: try ClusterCopy.make(), settings: .forTests)
        let address = try cluster.start()
        defer { _ = try? cluster.stop(.immediate) }
        let layout = try cluster.layout()
        for directory in [layout.home, layout.folder, layout.data, layout.log, address.socketDirectory] {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory)
            #expect(attributes[.posixPermissions] as? NSNumber == 0o700, "\(directory)")
            #expect(attributes[.ownerAccountID] as? NSNumber == NSNumber(value: layout.account.userID), "\(directory)")
        }
        #expect(layout.account.userID != 0, "PostgreSQL must not run as root")
        let psql = try cluster.psql()
        let shown = try psql.run(
            """
            SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'data_checksums',
                'server_encoding', 'TimeZone', 'listen_addresses', 'unix_socket_permissions') ORDER BY name;
            SELECT type, database, auth_method FROM pg_hba_file_rules;
            SELECT datcollate FROM pg_database WHERE datname = current_database()
            """, at: address)
        #expect(
            shown == """
                TimeZone|UTC
                data_checksums|on
                fsync|on
                full_page_writes|on
                listen_addresses|
                server_encoding|UTF8
                unix_socket_permissions|0700
                local|{all}|trust
                local|{replication}|trust
                C

                """)
    }

    /// The server must outlive Ctrl-C in the terminal, and hold no descriptor of the process that started it.
    @Test func serverIsOnItsOwn() throws {
        var pipeEnds: [Int32] = [0, 0]
        try #require(pipe(&pipeEnds) == 0)
        defer { pipeEnds.forEach { close($0) } }
        let pipeName = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(pipeEnds[1])")
        let cluster = EmbeddedCluster(home: try ClusterCopy.make(), settings: .forTests)
        _ = try cluster.start()
        defer { _ = try? cluster.stop(.immediate) }
        let process = try cluster.runningProcess()
        #expect(getsid(process) == process)
        let descriptors = try ClusterCopy.run("/bin/ls", "-l", "/proc/\(process)/fd")
        #expect(descriptors.contains("socket:") && !descriptors.contains(pipeName))
    }

    @Test func manyStartsAtOnceMakeOneServer() throws {
        let home = try ClusterHomes.make()
        let results = Mutex<[Result<ClusterAddress, any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            let result = Result { try EmbeddedCluster(home: home, settings: .forTests).start() }
            results.withLock { $0.append(result) }
        }
        let addresses = try results.withLock { try $0.map { try $0.get() } }
        #expect(addresses.count == 6 && Set(addresses).count == 1)
        let cluster = EmbeddedCluster(home: home)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: home + "/postgresql").sorted() == [
                "data", "lock", "log", "run",
            ])
        try cluster.stop()
    }

    @Test func smartStopWaitsForClientsButNotForEver() throws {
        let home = try ClusterCopy.make()
        let address = try EmbeddedCluster(home: home, settings: .forTests).start()
        let layout = try EmbeddedCluster(home: home).layout()
        let client = layout.account.command(
            "/bin/sh",
            [
                "-c", #"psql -X -d "$1" -c 'SELECT pg_sleep(120)' >/dev/null 2>&1 & sleep 0.5"#, "sh",
                address.connectionString,
            ])
        _ = try client.run()
        let error = #expect(throws: ClusterError.self) {
            try EmbeddedCluster(home: home, timeoutSeconds: 1).stop(.smart)
        }
        #expect(error?.code == .stopTimedOut)
        #expect(error?.message.contains("waits for its clients") == true)
        #expect(try EmbeddedCluster(home: home).stop(.fast))
    }

    @Test func keepsSettingsOfTheUser() throws {
        let cluster = EmbeddedCluster(home: try ClusterCopy.make(), settings: .forTests)
        let address = try cluster.start()
        let psql = try cluster.psql()
        try psql.run("ALTER SYSTEM SET work_mem = '7MB'", at: address)
        try cluster.stop()
        _ = try cluster.start()
        #expect(try psql.run("SHOW work_mem; SHOW shared_buffers", at: address) == "7MB\n64MB\n")
        try cluster.stop()
    }
}
