public import Taximeter

/// What the sidecar answers: the one table of methods, paths and who may call them. docs/http-api.md and
/// schemas/http/openapi.json are held against it by tests.
public enum Route: String, Sendable, CaseIterable {
    case health
    case readiness
    case openAPI
    case metrics
    case dashboard
    case events
    case cloudEvents
    case balance
    case reserve
    case settle
    case release
    case quote

    /// The HTTP method.
    public var method: String {
        switch self {
        case .health, .readiness, .openAPI, .metrics, .dashboard, .balance: "GET"
        case .events, .cloudEvents, .reserve, .settle, .quote: "POST"
        case .release: "DELETE"
        }
    }

    /// The path; a segment in braces stands for any one.
    public var path: String {
        switch self {
        case .health: "/healthz"
        case .readiness: "/readyz"
        case .openAPI: "/openapi.json"
        case .metrics: "/metrics"
        case .dashboard: "/"
        case .events: "/v1/events"
        // As OpenMeter has it, so that its clients find it.
        case .cloudEvents: "/api/v1/events"
        case .balance: "/v1/accounts/{account}/balance"
        case .reserve: "/v1/accounts/{account}/reservations"
        case .settle: "/v1/accounts/{account}/reservations/{id}/settle"
        case .release: "/v1/accounts/{account}/reservations/{id}"
        case .quote: "/v1/quote"
        }
    }

    /// The scope that a caller's token must have; nil where everybody may call.
    public var scope: TokenScope? {
        switch self {
        case .health, .readiness, .openAPI: nil
        case .metrics: .metrics
        case .dashboard: .report
        case .events, .cloudEvents: .ingest
        case .balance: .balance
        case .reserve, .settle, .release: .reserve
        case .quote: .quote
        }
    }

    /// What a request's path comes to.
    enum Match {
        case found(Route, parameters: [String])
        case wrongMethod(allowed: [String])
        case notFound
    }

    /// The route of a request.
    static func match(method: String, path: String) -> Match {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        var allowed: [String] = []
        for route in allCases {
            guard let parameters = route.parameters(of: segments) else { continue }
            if route.method == method { return .found(route, parameters: parameters) }
            allowed.append(route.method)
        }
        return allowed.isEmpty ? .notFound : .wrongMethod(allowed: allowed)
    }

    /// The values of the segments in braces, as they are written; nil for a path of another route.
    private func parameters(of segments: [Substring]) -> [String]? {
        let template = path.split(separator: "/", omittingEmptySubsequences: false)
        guard template.count == segments.count else { return nil }
        var parameters: [String] = []
        for (pattern, segment) in zip(template, segments) {
            if pattern.first == "{" {
                if segment.isEmpty { return nil }
                parameters.append(String(segment))
            } else if pattern != segment {
                return nil
            }
        }
        return parameters
    }
}
