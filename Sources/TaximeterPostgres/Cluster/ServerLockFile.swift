import Foundation

/// A file by which a server claims a data directory (`postmaster.pid`) or a socket (`.s.PGSQL.5432.lock`). Both have
/// the same first lines: https://www.postgresql.org/docs/15/storage-file-layout.html, `src/include/utils/pidfile.h`.
struct ServerLockFile: Equatable {
    let processID: Int32
    let dataDirectory: String
    /// Nil until the server listens.
    let port: Int?
    let socketDirectory: String?
    /// `starting`, `ready`, `stopping`; nil in a socket's lock file.
    let state: String?

    /// Reads the file; nil when there is none, or none that says which process and which data.
    init?(path: String) {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard lines.count >= 2, let processID = Int32(lines[0]), processID > 0 else { return nil }
        self.processID = processID
        dataDirectory = lines[1]
        port = lines.count > 3 ? Int(lines[3]) : nil
        socketDirectory = lines.count > 4 && !lines[4].isEmpty ? lines[4] : nil
        state = lines.count > 7 ? lines[7] : nil
    }

    /// Whether the process is a server of that data directory. A number alone proves nothing: after a crash or a reboot
    /// it may belong to any program, even to another PostgreSQL server, which must be neither waited for nor stopped.
    var isHeld: Bool {
        let process = "/proc/\(processID)"
        let name = try? String(contentsOfFile: process + "/comm", encoding: .utf8)
        let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: process + "/cwd")
        return name == "postgres\n" && folder == URL(filePath: dataDirectory).resolvingSymlinksInPath().path
    }
}
