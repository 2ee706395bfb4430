import Foundation

/// Why the embedded cluster could not be found, started or stopped. Never contains a secret: the cluster has none.
public struct ClusterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of fault it is; compare with the named ones.
    public struct Code: Sendable, Hashable {
        private enum Value {
            case homeUnusable, programsMissing, otherVersion, damaged, initialisationFailed, diskFull
            case socketInUse, busy, startFailed, startTimedOut, stopTimedOut, programFailed
        }

        private let value: Value

        /// The home cannot be named, created, written, or reached by the user the server runs as.
        public static let homeUnusable = Code(value: .homeUnusable)
        /// PostgreSQL's server programs are not installed, or are too old.
        public static let programsMissing = Code(value: .programsMissing)
        /// The data belong to a major version of PostgreSQL whose programs are not installed.
        public static let otherVersion = Code(value: .otherVersion)
        /// The data directory is there but is not a cluster.
        public static let damaged = Code(value: .damaged)
        /// `initdb` failed; nothing of it is left behind.
        public static let initialisationFailed = Code(value: .initialisationFailed)
        /// The file system of the home has no space left.
        public static let diskFull = Code(value: .diskFull)
        /// Another server listens at this cluster's socket.
        public static let socketInUse = Code(value: .socketInUse)
        /// Another command has been starting or stopping the cluster for too long.
        public static let busy = Code(value: .busy)
        /// The server ended while starting.
        public static let startFailed = Code(value: .startFailed)
        /// The server was not ready in time; it may still become so.
        public static let startTimedOut = Code(value: .startTimedOut)
        /// The server had not ended in time.
        public static let stopTimedOut = Code(value: .stopTimedOut)
        /// Another program (`psql`, `setpriv`) could not be run, or failed.
        public static let programFailed = Code(value: .programFailed)
    }

    /// What kind of fault it is.
    public let code: Code
    /// One line: what is wrong, with which value, and what to do.
    public let message: String
    /// The last lines of the server's log, or of a failed program's output; often empty.
    public let log: [String]

    init(_ code: Code, _ message: String, log: [String] = []) {
        self.code = code
        self.message = message
        self.log = log
    }

    /// The message, then the log's lines, indented.
    public var description: String { ([message] + log.map { "  " + $0 }).joined(separator: "\n") }
}

extension ClusterError {
    /// The error, or ``Code/diskFull`` when that is its cause.
    static func storage(_ code: Code, _ message: String, at path: String, log: [String]) -> ClusterError {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        let size = (attributes?[.systemSize] as? NSNumber)?.int64Value ?? 0
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        // A full disk may leave no room for the log line that says so. (A file system without a size is no disk.)
        let isFull = log.contains { $0.contains("No space left on device") } || (size > 0 && free < 1 << 20)
        return isFull
            ? ClusterError(.diskFull, "\(message): no space left on the device of \(folder)", log: log)
            : ClusterError(code, message, log: log)
    }

    /// What an error number of the system means.
    static func reason(_ error: Int32) -> String {
        NSError(domain: NSPOSIXErrorDomain, code: Int(error)).localizedDescription
    }
}
