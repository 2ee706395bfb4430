import Foundation

/// What a cluster is made and run with.
public struct ClusterSettings: Sendable, Hashable {
    /// Server parameters by name, as in `postgresql.conf`, for example `shared_buffers` = `256MB`. Without
    /// `wal_compression` the log is compressed by the fastest method that the server has.
    public var parameters: [String: String]
    /// Whether a new cluster's files are synced to disk; false only for data that need not outlive the machine.
    public var syncsNewCluster: Bool

    /// Settings of these parts.
    public init(parameters: [String: String], syncsNewCluster: Bool = true) {
        self.parameters = parameters
        self.syncsNewCluster = syncsNewCluster
    }

    /// For keeping accounts on one machine: a quarter of the memory, but 256 MB to 1 GB, for buffers; a write-ahead log
    /// large enough to load months of usage; locks for questions that read the partitions of many years; disks that seek
    /// fast.
    public static var standard: ClusterSettings {
        let quarterMB = ProcessInfo.processInfo.physicalMemory / (4 << 20)
        return ClusterSettings(parameters: [
            "shared_buffers": "\(min(max(quarterMB, 256), 1024))MB",
            "max_locks_per_transaction": "256",
            "max_wal_size": "4GB",
            "random_page_cost": "1.1",
            "jit": "off",
        ])
    }

    /// What holds whatever the parameters say: private, durable, in UTC, logging to a week's files.
    func configuration(socketDirectory: String, logDirectory: String) -> String {
        // A list of directories, in which each may stand in double quotes.
        let socketList =
            "\""
            + socketDirectory.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
        let fixed = [
            "listen_addresses": "",
            "unix_socket_directories": socketList,
            "unix_socket_permissions": "0700",
            "port": String(EmbeddedCluster.port),
            "fsync": "on",
            "full_page_writes": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "on",
            "log_directory": logDirectory,
            "log_filename": "server-%a.log",
            "log_truncate_on_rotation": "on",
            "log_rotation_age": "1d",
            "log_rotation_size": "0",
        ]
        let lines = parameters.merging(fixed) { _, fixed in fixed }.sorted { $0.key < $1.key }
            .map { "\($0) = \(Self.quoted($1))" }
        return """
            # Written by taximeter at each start. Settings of your own go into postgresql.conf, below the line that
            # includes this file, or into ALTER SYSTEM.
            \(lines.joined(separator: "\n"))

            """
    }

    /// A string of a configuration file (https://www.postgresql.org/docs/15/config-setting.html).
    static func quoted(_ value: String) -> String {
        "'" + value.flatMap { $0 == "'" || $0 == "\\" ? [$0, $0] : [$0] } + "'"
    }
}
