#if Server
import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
import CoreMetrics
internal import NIOCore
internal import NIOPosix
import Synchronization
import Taximeter
import TaximeterPostgres

/// What a request comes with.
struct SidecarContext: InitializableFromSource {
    let channel: any Channel
    let logger: Logger

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        logger = source.logger
    }
}

/// A request that may be answered: its route, its caller, its body.
struct SidecarCall: Sendable {
    let parameters: [Identifier]
    /// Nil on routes that everybody may call.
    let caller: TokenHash?
    let request: Request
    let body: [UInt8]

    /// The content type, without its parameters.
    var contentType: String {
        let field = request.headers[.contentType] ?? ""
        return field.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }
}

/// Answers requests: finds the route, tells the caller, reads the body, and maps errors to problems.
final class SidecarResponder: HTTPResponder {
    typealias Context = SidecarContext

    let store: Store
    let metrics: PrometheusMetrics
    let options: SidecarOptions
    let authenticator: Authenticator
    let page: @Sendable (OperatorReport) throws -> String
    let queue: EventQueue
    let raters: RaterCache
    private let limiter: RateLimiter
    private let inFlight = Atomic<Int>(0)
    private let inFlightGauge: Gauge

    init(
        store: Store, metrics: PrometheusMetrics, options: SidecarOptions, authenticator: Authenticator,
        page: @escaping @Sendable (OperatorReport) throws -> String
    ) {
        self.store = store
        self.metrics = metrics
        self.options = options
        self.authenticator = authenticator
        self.page = page
        queue = EventQueue(store, limit: 10 * options.maximumBatchEvents)
        raters = RaterCache(store)
        limiter = RateLimiter(perSecond: options.requestsPerSecond)
        inFlightGauge = Gauge(label: "taximeter_http_requests_in_flight", factory: metrics)
    }

    func respond(to request: Request, context: SidecarContext) async throws -> Response {
        let start = ContinuousClock.now
        let count = inFlight.wrappingAdd(1, ordering: .relaxed).newValue
        inFlightGauge.record(count)
        defer { inFlightGauge.record(inFlight.wrappingSubtract(1, ordering: .relaxed).newValue) }
        let match = Route.match(method: request.method.rawValue, path: request.uri.path)
        // Until the body is there, the connection is on the clock.
        var deadline = deadline(for: request, context.channel)
        var response: Response
        do {
            if count > options.maximumRequestsInFlight {
                throw Problem.unavailable(
                    "too_many_requests", "\(options.maximumRequestsInFlight) are worked on already")
            }
            response = try await answer(request, match, &deadline)
        } catch {
            guard let problem = Problem(error) else { throw error }
            if !(error is Problem) { context.logger.warning("\(request.method) \(request.uri.path): \(error)") }
            response = try Self.response(problem)
        }
        // Refused without its body, which may still come: the connection ends when the time is up.
        if deadline != nil { response.headers[.connection] = "close" }
        response.headers[.xContentTypeOptions] = "nosniff"
        note(match, response.status, took: start.duration(to: .now))
        return response
    }

    /// Closes the connection when a body does not come in time; nil for a request without one.
    private func deadline(for request: Request, _ channel: any Channel) -> Scheduled<Void>? {
        let length = request.headers[.contentLength]
        let hasBody = length.map { $0 != "0" } ?? (request.headers[.transferEncoding] != nil)
        if !hasBody { return nil }
        return channel.eventLoop.scheduleTask(in: TimeAmount(options.receiveTimeout)) {
            channel.close(promise: nil)
        }
    }

    private func answer(
        _ request: Request, _ match: Route.Match, _ deadline: inout Scheduled<Void>?
    ) async throws -> Response {
        let route: Route
        let segments: [String]
        switch match {
        case .found(let found, let parameters): (route, segments) = (found, parameters)
        case .notFound: throw Problem(.notFound, "not_found", "there is no such path; see /openapi.json")
        case .wrongMethod(let allowed):
            var problem = Problem(
                .methodNotAllowed, "wrong_method", "expected \(allowed.joined(separator: " or "))")
            problem.headers[.allow] = allowed.joined(separator: ", ")
            throw problem
        }
        let caller = try await caller(of: request, route)
        let parameters = try segments.map(Self.identifier)
        if let account = caller?.account, let asked = parameters.first, account != asked {
            throw Problem(.forbidden, "other_account", "the token is good for \(account) alone")
        }
        let body = try await body(of: request)
        deadline?.cancel()
        deadline = nil
        return try await answer(
            route, SidecarCall(parameters: parameters, caller: caller, request: request, body: body))
    }

    private func answer(_ route: Route, _ call: SidecarCall) async throws -> Response {
        switch route {
        case .health: Response.text("ok\n")
        case .readiness: try await readiness()
        case .openAPI: Response.openAPI()
        case .metrics: Response.text(metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        case .dashboard: try await dashboard(call)
        case .events: try await events(call)
        case .cloudEvents: try await cloudEvents(call)
        case .balance: try await balance(call)
        case .reserve: try await reserve(call)
        case .settle: try await settle(call)
        case .release: try await release(call)
        case .quote: try await quote(call)
        }
    }

    /// Who calls, where the route asks for it.
    private func caller(of request: Request, _ route: Route) async throws -> TokenHash? {
        guard let scope = route.scope else { return nil }
        let isPage = route == .dashboard
        let token: TokenHash?
        do {
            token = try await authenticator.token(
                authorization: request.headers[.authorization], acceptsBasic: isPage,
                blocking: { try await self.blocking($0) })
        } catch is Authenticator.Unknown {
            throw Problem.unavailable("store_unavailable", "the store does not answer: nobody can be told")
        }
        guard let token else {
            var problem = Problem(
                .unauthorized, "unauthorized", "expected a token that is good: Authorization: Bearer tm_…")
            problem.headers[.wwwAuthenticate] = isPage ? "Basic realm=\"taximeter\"" : "Bearer"
            throw problem
        }
        guard token.scopes.contains(scope) else {
            throw Problem(.forbidden, "scope", "the token lacks the scope \(scope.rawValue)")
        }
        if token.account != nil, scope == .metrics || scope == .report {
            throw Problem(.forbidden, "other_account", "the token is good for one account alone")
        }
        let turn = limiter.take(token.id)
        if !turn.isGranted {
            var problem = Problem(
                .tooManyRequests, "rate", "the token may make \(options.requestsPerSecond) requests a second")
            problem.headers[.retryAfter] = "\(turn.retryAfterSeconds)"
            throw problem
        }
        return token
    }

    private func body(of request: Request) async throws -> [UInt8] {
        let limit = options.maximumBodyBytes
        let tooLarge = Problem(.contentTooLarge, "too_large", "expected a body of at most \(limit) bytes")
        if let length = request.headers[.contentLength].flatMap(Int.init), length > limit { throw tooLarge }
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            if bytes.count + buffer.readableBytes > limit { throw tooLarge }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }

    /// Work that blocks, on a thread where it may.
    func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(work)
    }

    private func note(_ match: Route.Match, _ status: HTTPResponse.Status, took duration: Duration) {
        let route = if case .found(let route, _) = match { route.rawValue } else { "none" }
        Counter(
            label: "taximeter_http_requests", dimensions: [("route", route), ("status", "\(status.code)")],
            factory: metrics
        ).increment()
        let parts = duration.components
        Timer(label: "taximeter_http_request_duration", dimensions: [("route", route)], factory: metrics)
            .recordNanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }

    private static func identifier(_ segment: String) throws -> Identifier {
        guard let text = segment.removingPercentEncoding else {
            throw Problem.malformed("a segment of the path is not percent-encoded UTF-8")
        }
        do {
            return try Identifier(text)
        } catch {
            throw Problem.malformed("a segment of the path \(error)")
        }
    }
}
#endif
