/// Where the sidecar listens, and how much it takes.
public struct SidecarOptions: Sendable {
    /// The address to listen on. The sidecar speaks no TLS: beyond this machine it belongs behind a proxy that does.
    public var host = "127.0.0.1"
    /// The port; 0 for one that is free.
    public var port = 8420
    /// The largest body of a request.
    public var maximumBodyBytes = 4 << 20
    /// The most events in a request.
    public var maximumBatchEvents = 10_000
    /// The largest head of a request: all its fields together.
    public var maximumHeaderBytes = 16 << 10
    /// The most connections at once; more wait to be accepted.
    public var maximumConnections = 1_024
    /// The most requests that are worked on at once; more are told to come again.
    public var maximumRequestsInFlight = 256
    /// Requests a second that one token may make, over ten seconds; 0 for any number.
    public var requestsPerSecond = 1_000
    /// How long a request may take to arrive, and a connection may be idle.
    public var receiveTimeout = Duration.seconds(30)
    /// How long after a signal to end requests may still take.
    public var shutdownTimeout = Duration.seconds(30)

    /// The defaults.
    public init() {}
}
