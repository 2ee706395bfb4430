#if Server
import Dispatch
import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
import Synchronization
public import TaximeterPostgres
internal import UnixSignals

/// The HTTP sidecar: what a store does, for processes that speak HTTP; see docs/http-api.md.
public struct Sidecar: Sendable {
    private let store: Store
    private let metrics: PrometheusMetrics
    private let options: SidecarOptions
    private let page: @Sendable (OperatorReport) throws -> String

    /// A sidecar of a store.
    ///
    /// - Parameters:
    ///   - metrics: What it shows at `/metrics`; the store is to say there what it does.
    ///   - page: Makes the report's page.
    public init(
        _ store: Store, metrics: PrometheusMetrics, options: SidecarOptions = SidecarOptions(),
        page: @escaping @Sendable (OperatorReport) throws -> String
    ) {
        self.store = store
        self.metrics = metrics
        self.options = options
        self.page = page
    }

    /// Serves until SIGTERM or SIGINT, then answers what is under way, and ends. Blocks the thread.
    ///
    /// - Parameter listening: Is told the port, once requests are taken.
    /// - Throws: What the store says when it is not ready; ``SidecarError`` when the address cannot be used.
    public func run(listening: @escaping @Sendable (Int) -> Void) throws {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Void, any Error>>(.success(()))
        Task {
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await serve(signals: [.sigterm, .sigint], listening: listening))
            } catch {
                outcome = .failure(error)
            }
            result.withLock { $0 = outcome }
            done.signal()
        }
        done.wait()
        try result.withLock { $0 }.get()
    }

    /// Serves until one of these signals, or until the task is cancelled.
    func serve(signals: [UnixSignal], listening: @escaping @Sendable (Int) -> Void) async throws {
        var logger = Logger(label: "taximeter", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .warning
        let authenticator = Authenticator(store)
        try await NIOThreadPool.singleton.runIfActive { try authenticator.refresh() }
        let responder = SidecarResponder(
            store: store, metrics: metrics, options: options, authenticator: authenticator, page: page)
        let server = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                idleTimeout: TimeAmount(options.receiveTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: options.maximumHeaderBytes, maxHeaderListSize: options.maximumHeaderBytes,
                    maxHeaderFieldCount: 100)))
        let application = Application(
            responder: responder, server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(options.maximumConnections)),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? 0) },
            logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [application, TokenRefresh(authenticator)], gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = options.shutdownTimeout
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            throw SidecarError("serving on \(options.host):\(options.port) failed: \(error)")
        }
    }
}

/// Reads the tokens every few seconds, so that one that was revoked is good no longer.
private struct TokenRefresh: Service {
    let authenticator: Authenticator

    init(_ authenticator: Authenticator) { self.authenticator = authenticator }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: Authenticator.interval)
                // A store that does not answer now may answer next time; until then the tokens age.
                try? await NIOThreadPool.singleton.runIfActive { try authenticator.refresh() }
            }
        }
    }
}
#endif
