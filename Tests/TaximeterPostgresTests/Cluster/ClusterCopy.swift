import Foundation
import Synchronization
import TestKit
import Testing

@testable import TaximeterPostgres

/// Homes with a cluster that has been started and stopped once: copies of one, since initialising takes longer.
enum ClusterCopy {
    private static let original = Mutex<String?>(nil)

    /// A home with a stopped cluster.
    static func make() throws -> String {
        let source = try original.withLock { original in
            if let original { return original }
            let home = try ClusterHomes.make("original")
            let cluster = EmbeddedCluster(home: home, settings: .forTests)
            _ = try cluster.start()
            try cluster.stop()
            original = home
            return home
        }
        let home = try ClusterHomes.make("copy")
        try run("/bin/cp", "-a", source, home)
        return home
    }

    /// Runs a program that has to succeed.
    @discardableResult
    static func run(_ program: String, _ arguments: String...) throws -> String {
        let outcome = try Command(
            program: program, arguments: arguments, environment: ServerAccount.environment
        ).run()
        try #require(outcome.succeeded, "\(program): \(outcome.lastLines)")
        return outcome.output
    }
}

extension EmbeddedCluster {
    /// The process of the running server.
    func runningProcess() throws -> Int32 {
        guard case .running(let process, _) = try status() else {
            throw ClusterError(.startFailed, "not running: \(try status())")
        }
        return process
    }
}

extension EmbeddedCluster {
    /// Kills the server, and waits until it is gone: until then a start would take it for running.
    func crash() throws {
        kill(try runningProcess(), SIGKILL)
        for _ in 0..<600 {
            guard case .running = try status() else { return }
            usleep(50_000)
        }
        try #require(Bool(false), "the server does not end")
    }
}

/// A process of the servers' user that is no server.
final class Bystander {
    let processID: Int32

    init(_ layout: ClusterLayout) throws {
        let command = layout.account.command("/bin/sh", ["-c", "sleep 120 >/dev/null 2>&1 & echo $!"])
        processID = try #require(Int32(try command.run().output.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    var isAlive: Bool { kill(processID, 0) == 0 }

    deinit { kill(processID, SIGKILL) }
}
