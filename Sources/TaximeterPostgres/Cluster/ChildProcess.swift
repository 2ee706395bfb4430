import Foundation
import Glibc

/// A child process, by posix_spawn(3).
///
/// Not by Foundation's `Process`: on Linux that now and then reads beyond a directory entry and crashes when it starts a
/// child (https://github.com/swiftlang/swift-corelibs-foundation/issues/5472), and it takes a child for running for as
/// long as anything that child started.
package struct ChildProcess {
    let processID: pid_t

    /// Starts a program in a session of its own (Ctrl-C in our terminal must not reach a server), with these three
    /// descriptors as its input, output and errors, and no others.
    package init(
        program: String, arguments: [String], environment: [String], descriptors: [Int32]
    ) throws(ClusterError) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (standard, descriptor) in descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(standard))
        }
        for descriptor in Self.furtherDescriptors() { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }

        // A library's host may have blocked or ignored signals that a server needs.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(Self.ownSession | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let argv = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        let envp = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        var processID: pid_t = 0
        let error = unsafe posix_spawn(&processID, program, &actions, &attributes, argv, envp)
        if error != 0 {
            throw ClusterError(.programFailed, "cannot run \(program): \(ClusterError.reason(error))")
        }
        self.processID = processID
    }

    /// POSIX_SPAWN_SETSID, which glibc's header shows to programs in GNU C only.
    private static let ownSession: Int32 = 0x80

    /// All beyond the standard ones, and some more for those that other threads are just opening.
    private static func furtherDescriptors() -> ClosedRange<Int32> {
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return 3...(open.compactMap { Int32($0) }.max() ?? 255) + 64
    }

    /// Waits for its end; nil when it has not ended at the deadline.
    package func wait(until deadline: ContinuousClock.Instant) -> Int32? {
        var pause: UInt32 = 500
        repeat {
            var status: Int32 = 0
            let ended = unsafe waitpid(processID, &status, WNOHANG)
            // The encoding of wait(2).
            if ended == processID { return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f }
            // Somebody else in this process has waited for it.
            if ended < 0 && errno != EINTR { return -1 }
            usleep(pause)
            pause = min(pause * 2, 20_000)
        } while ContinuousClock.now < deadline
        return nil
    }

    /// Sends it a signal.
    package func send(_ signal: Int32) { Glibc.kill(processID, signal) }

    /// Ends it and what it has started.
    func kill() {
        Glibc.kill(-processID, SIGKILL)
        _ = wait(until: .now + .seconds(5))
    }
}
