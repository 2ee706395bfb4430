#if Server
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
import Taximeter
import TaximeterPostgres

extension SidecarResponder {
    /// Whether requests can be answered: the server answers, can be trusted, and has the schema of this version.
    func readiness() async throws -> Response {
        let store = store
        do {
            try await blocking { try store.checkReady() }
        } catch let error as StoreError {
            // It names settings and versions, no secrets, and tells an operator what to do.
            throw Problem.unavailable("store_unavailable", error.description)
        }
        return Response.text("ready\n")
    }

    /// The report of a month: the present one, or `?month=2026-01`.
    func dashboard(_ call: SidecarCall) async throws -> Response {
        let text =
            call.request.uri.queryParameters["month"].map(String.init) ?? "\(SystemClock.now)".prefix(7).description
        guard let month = BillingMonth(text) else {
            throw Problem.malformed("month is not a month; expected one such as 2026-01")
        }
        let (store, page) = (store, page)
        let html = try await blocking { try page(store.report(of: month, timeZone: .utc)) }
        var response = Response.text(html, type: "text/html; charset=utf-8")
        // The page has styles and drawings of its own, and needs nothing from anywhere.
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"
        return response
    }
}
#endif
