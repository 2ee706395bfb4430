/// What the embedded cluster is doing.
public enum ClusterStatus: Sendable, Hashable {
    /// There is none yet: the first start creates it.
    case notCreated
    /// It is there, and no server runs.
    case stopped
    /// A server starts, recovers or stops just now. → `running` or `stopped`
    case changing(processID: Int32)
    /// The server takes connections at this address.
    case running(processID: Int32, address: ClusterAddress)
}

/// How to stop a server (https://www.postgresql.org/docs/15/server-shutdown.html).
public enum ClusterStopMode: String, Sendable, CaseIterable {
    /// Waits until every client has disconnected.
    case smart
    /// Breaks connections off, rolls their transactions back, and writes a checkpoint.
    case fast
    /// Ends at once; the next start recovers from the write-ahead log.
    case immediate
}
