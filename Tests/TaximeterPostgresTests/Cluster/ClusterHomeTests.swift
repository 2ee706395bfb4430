import Foundation
import Glibc
import TestKit
import Testing

@testable import TaximeterPostgres

/// Faults of the place and of the programs, met when a cluster is made.
@Suite struct ClusterHomeTests {
    @Test func leftoversOfAKilledInitialisationAreCleared() throws {
        let home = try ClusterHomes.make()
        let cluster = EmbeddedCluster(home: home, settings: .forTests)
        let layout = try cluster.layout()
        try layout.prepare()
        let leftover = layout.folder + "/data.new-ABC"
        try layout.makePrivate(leftover)
        try layout.account.write("15\n", to: leftover + "/PG_VERSION")
        #expect(try cluster.status() == .notCreated)
        _ = try cluster.start()
        #expect(!FileManager.default.fileExists(atPath: leftover))
        try cluster.stop()
    }

    @Test func programsThatAreMissingOrTooOld() throws {
        let empty = try ClusterHomes.make("bin")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
        let cluster = EmbeddedCluster(home: try ClusterHomes.make(), environment: ["TAXIMETER_PG_BIN": empty])
        let missing = #expect(throws: ClusterError.self) { try cluster.start() }
        #expect(missing?.code == .programsMissing)
        #expect(missing?.message.contains(empty) == true)
        #expect(missing?.message.contains("apt-get install postgresql") == true)

        try Self.fakePrograms(in: empty, postgres: "echo 'postgres (PostgreSQL) 13.22'")
        let old = #expect(throws: ClusterError.self) { try cluster.start() }
        #expect(old?.code == .programsMissing)
        #expect(old?.message.contains("only of 13") == true, "\(old?.message ?? "")")
        #expect(try cluster.status() == .notCreated)
    }

    @Test func serverThatDoesNotGetReady() throws {
        let home = try ClusterCopy.make()
        let layout = try EmbeddedCluster(home: home).layout()
        let real = try EmbeddedCluster(home: home).programs(layout)
        let bin = try ClusterHomes.make("bin")
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: false)
        try Self.fakePrograms(
            in: bin,
            postgres: """
                case "$1" in -V|--version) exec \(real.path("postgres")) "$1";; esac
                echo 'LOG:  dawdling' >&2; exec sleep 4
                """)
        // A copy: a link would lead pg_ctl to the real server.
        try FileManager.default.removeItem(atPath: bin + "/pg_ctl")
        try ClusterCopy.run("/bin/cp", real.path("pg_ctl"), bin + "/pg_ctl")
        let slow = EmbeddedCluster(
            home: home, environment: ["TAXIMETER_PG_BIN": bin], settings: .forTests, timeoutSeconds: 1)
        let error = #expect(throws: ClusterError.self) { try slow.start() }
        #expect(error?.code == .startTimedOut, "\(error?.description ?? "")")
        #expect(error?.message.contains(layout.startupLog) == true)
        #expect(error?.log == ["LOG:  dawdling"])
        _ = try EmbeddedCluster(home: home, settings: .forTests).start()
        try EmbeddedCluster(home: home).stop()
    }

    @Test(arguments: ["/proc/taximeter", "/dev/null/taximeter"])
    func homeThatCannotBeMade(_ home: String) throws {
        let error = #expect(throws: ClusterError.self) { try EmbeddedCluster(home: home).start() }
        #expect(error?.code == .homeUnusable)
        #expect(error?.message.contains(home) == true && error?.message.contains("TAXIMETER_HOME") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root drops to another user"))
    func homeThatTheServersUserCannotReach() throws {
        let closed = try ClusterHomes.make("closed")
        try FileManager.default.createDirectory(
            atPath: closed, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let error = #expect(throws: ClusterError.self) { try EmbeddedCluster(home: closed + "/home").start() }
        #expect(error?.code == .homeUnusable)
        #expect(error?.message.contains("TAXIMETER_HOME") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount"))
    func diskFullWhileInitialising() throws {
        let disk = try SmallDisk(megabytes: 20)
        let cluster = EmbeddedCluster(home: disk.path, settings: .forTests)
        let error = #expect(throws: ClusterError.self) { try cluster.start() }
        #expect(error?.code == .diskFull, "\(error?.description ?? "")")
        #expect(try cluster.status() == .notCreated)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path + "/postgresql") == ["lock"])
        try disk.grow(toMegabytes: 200)
        _ = try cluster.start()
        try cluster.stop()
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount"))
    func diskFullWhileStarting() throws {
        let disk = try SmallDisk(megabytes: 200)
        let cluster = EmbeddedCluster(home: disk.path, settings: .forTests)
        _ = try cluster.start()
        try cluster.stop()
        try disk.fill()
        let error = #expect(throws: ClusterError.self) { try cluster.start() }
        #expect(error?.code == .diskFull, "\(error?.description ?? "")")
        try disk.grow(toMegabytes: 300)
        _ = try cluster.start()
        try cluster.stop()
    }

    /// A socket's path has 107 bytes: just as long is used, one longer is not.
    @Test func socketPathAtItsLimit() throws {
        let base = try ClusterHomes.make("long-")
        let rest = "/postgresql/run/.s.PGSQL.5432".utf8.count
        func layout(_ pathLength: Int) throws -> ClusterLayout {
            let padding = String(repeating: "x", count: pathLength - rest - base.utf8.count)
            return try ClusterLayout(home: base + padding, environment: [:], isRoot: geteuid() == 0)
        }
        let longest = try layout(107)
        #expect(longest.socketDirectory == longest.folder + "/run")
        #expect(ClusterLayout.socket(in: longest.socketDirectory).utf8.count == 107)
        let tooLong = try layout(108)
        #expect(tooLong.socketDirectory.hasPrefix("/tmp/taximeter-\(tooLong.account.userID)-"))

        for home in [longest.home, tooLong.home] {
            let cluster = EmbeddedCluster(home: home, settings: .forTests)
            let address = try cluster.start()
            #expect(try cluster.psql().run("SELECT 1", at: address) == "1\n")
            try cluster.stop()
        }

        // Somebody else may have been there first.
        let directory = tooLong.socketDirectory
        let target = try ClusterHomes.make("target")
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        try FileManager.default.removeItem(atPath: directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createSymbolicLink(atPath: directory, withDestinationPath: target)
        let error = #expect(throws: ClusterError.self) {
            try EmbeddedCluster(home: tooLong.home, settings: .forTests).start()
        }
        #expect(error?.code == .homeUnusable)
        #expect(error?.message.contains(directory) == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == [])
    }

    /// A folder with programs of which `postgres` is a script of ours.
    private static func fakePrograms(in folder: String, postgres script: String) throws {
        let real = try #require(
            ServerPrograms.installed(environment: ProcessInfo.processInfo.environment).max { $0.version < $1.version })
        for program in ServerPrograms.names where program != "postgres" {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(program)", withDestinationPath: real.path(program))
        }
        try "#!/bin/sh\n\(script)\n".write(toFile: folder + "/postgres", atomically: false, encoding: .utf8)
        try ClusterCopy.run("/bin/chmod", "-R", "755", folder)
    }
}

/// A file system of its own, in memory, as small as asked.
private final class SmallDisk {
    let path: String

    init(megabytes: Int) throws {
        path = try ClusterHomes.make("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try ClusterCopy.run("/bin/mount", "-t", "tmpfs", "-o", "mode=0755,size=\(megabytes)m", "tmpfs", path)
    }

    func grow(toMegabytes megabytes: Int) throws {
        try ClusterCopy.run("/bin/mount", "-o", "remount,size=\(megabytes)m", path)
    }

    func fill() throws {
        _ = try Command(
            program: "/bin/dd", arguments: ["if=/dev/zero", "of=\(path)/filler", "bs=4k"],
            environment: ServerAccount.environment
        ).run()
    }

    deinit { _ = try? ClusterCopy.run("/bin/umount", "-l", path) }
}
