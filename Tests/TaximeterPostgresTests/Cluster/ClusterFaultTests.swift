import Foundation
import Glibc
import TestKit
import Testing

@testable import TaximeterPostgres

/// Faults in an existing cluster. Each must be overcome, or named without damage: mended, the cluster starts.
@Suite struct ClusterFaultTests {
    let home: String
    let cluster: EmbeddedCluster
    let layout: ClusterLayout

    init() throws {
        home = try ClusterCopy.make()
        cluster = EmbeddedCluster(home: home, settings: .forTests)
        layout = try cluster.layout()
    }

    @Test func killedServerRecovers() throws {
        let address = try cluster.start()
        let psql = try cluster.psql()
        for round in 1...3 {
            try psql.run("CREATE TABLE round_\(round) AS SELECT 1", at: address)
            let process = try cluster.runningProcess()
            kill(process, SIGKILL)
            while FileManager.default.fileExists(atPath: "/proc/\(process)/cwd/PG_VERSION") { usleep(1_000) }
            #expect(FileManager.default.fileExists(atPath: layout.data + "/postmaster.pid"))
            #expect(try cluster.status() == .stopped)
            #expect(try cluster.stop() == false)
            #expect(try cluster.start() == address)
            #expect(try cluster.runningProcess() != process)
        }
        #expect(try psql.run("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'round_%'", at: address) == "3\n")
        try cluster.stop()
    }

    @Test func pidFileOfAnotherProgram() throws {
        let bystander = try Bystander(layout)
        try claim(layout.data + "/postmaster.pid", by: bystander.processID)
        // The negative control: PostgreSQL by itself takes the program for a server.
        let control = try pgCtl("start", "-D", layout.data, "-l", "/dev/null", "-w")
        #expect(!control.succeeded)

        #expect(try cluster.status() == .stopped)
        #expect(try cluster.stop() == false)
        _ = try cluster.start()
        #expect(try cluster.stop())
        #expect(bystander.isAlive)
    }

    @Test func pidFileOfAnotherServer() throws {
        let other = EmbeddedCluster(home: try ClusterCopy.make(), settings: .forTests)
        _ = try other.start()
        let otherProcess = try other.runningProcess()
        try claim(layout.data + "/postmaster.pid", by: otherProcess)
        #expect(try cluster.status() == .stopped)
        #expect(try cluster.stop() == false)
        _ = try cluster.start()
        #expect(try cluster.stop())
        #expect(try other.runningProcess() == otherProcess)
        try other.stop()
    }

    @Test(arguments: ["", "nonsense\n", "-1\n/nowhere\n", "99999999999999\n"])
    func brokenPidFile(_ text: String) throws {
        try layout.account.write(text, to: layout.data + "/postmaster.pid")
        #expect(try cluster.status() == .stopped)
        _ = try cluster.start()
        try cluster.stop()
    }

    @Test func staleSocketOfAnotherProgram() throws {
        let bystander = try Bystander(layout)
        let socket = ClusterLayout.socket(in: layout.socketDirectory)
        try layout.account.write("", to: socket)
        try claim(socket + ".lock", by: bystander.processID)
        _ = try cluster.start()
        try cluster.stop()
        #expect(bystander.isAlive)
    }

    @Test func socketOfAnotherServer() throws {
        let other = EmbeddedCluster(home: try ClusterCopy.make(), settings: .forTests)
        let otherData = try other.layout().data
        let started = try pgCtl(
            "start", "-D", otherData, "-l", "/dev/null", "-w", "-o", "-k \(layout.socketDirectory)")
        try #require(started.succeeded, "\(started.lastLines)")
        expectFault(.socketInUse, naming: [otherData, layout.socketDirectory])
        #expect(try other.stop())
        _ = try cluster.start()
        try cluster.stop()
    }

    @Test func dataOfAnotherVersion() throws {
        let file = layout.data + "/PG_VERSION"
        let version = try String(contentsOfFile: file, encoding: .utf8)
        try layout.account.write("9\n", to: file)
        expectFault(.otherVersion, naming: [layout.data, "PostgreSQL 9", "apt-get install postgresql-9"])
        try layout.account.write("nine", to: file)
        expectFault(.damaged, naming: [file])
        try FileManager.default.removeItem(atPath: file)
        expectFault(.damaged, naming: [file])
        try layout.account.write(version, to: file)
        _ = try cluster.start()
        try cluster.stop()
    }

    @Test func wrongSettingShowsTheLog() throws {
        let file = layout.data + "/postgresql.auto.conf"
        try layout.account.write("work_mem = 'much'\n", to: file)
        let error = expectFault(.startFailed, naming: [layout.log])
        #expect(error?.log.contains { $0.contains("work_mem") } == true, "\(error?.log ?? [])")
        try layout.account.write("", to: file)
        _ = try cluster.start()
        try cluster.stop()
    }

    @Test func heldLockIsWaitedForButNotForEver() throws {
        let impatient = EmbeddedCluster(home: home, settings: .forTests, timeoutSeconds: 1)
        let lock = open(layout.lock, O_RDWR | O_CLOEXEC)
        try #require(lock >= 0 && flock(lock, LOCK_EX) == 0)
        for attempt in [{ _ = try impatient.start() }, { _ = try impatient.stop() }] {
            let error = #expect(throws: ClusterError.self) { try attempt() }
            #expect(error?.code == .busy)
            #expect(error?.message.contains(layout.lock) == true)
        }
        close(lock)
        _ = try cluster.start()
        try cluster.stop()
    }

    @discardableResult
    private func expectFault(_ code: ClusterError.Code, naming parts: [String]) -> ClusterError? {
        let error = #expect(throws: ClusterError.self) { try cluster.start() }
        #expect(error?.code == code, "\(error?.description ?? "")")
        for part in parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "") | \(part)") }
        return error
    }

    /// Writes a lock file that names a process which does not hold it.
    private func claim(_ file: String, by process: Int32) throws {
        try layout.account.write(
            "\(process)\n\(layout.data)\n1740673800\n5432\n\(layout.socketDirectory)\n\n    123 456\nready   \n",
            to: file)
    }

    private func pgCtl(_ arguments: String...) throws -> Command.Outcome {
        let program = try cluster.programs(layout).path("pg_ctl")
        let command = layout.account.command(program, arguments)
        return try command.run()
    }
}
