#if Server
internal import HTTPTypes
internal import Hummingbird
import PostgresWire
import Taximeter
import TaximeterPostgres

/// Why a request is refused, as RFC 9457 has it (`application/problem+json`).
struct Problem: Error, Encodable {
    let status: HTTPResponse.Status
    /// What kind of problem, for programs.
    let code: String
    /// What was found and what was expected, for people.
    let detail: String
    /// What else there is to say.
    var members: [String: String] = [:]
    /// What became of each event, where some were refused.
    var answers: [EventOutcome] = []
    var headers = HTTPFields()

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(status.reasonPhrase, forKey: Key(stringValue: "title"))
        try container.encode(status.code, forKey: Key(stringValue: "status"))
        try container.encode(code, forKey: Key(stringValue: "code"))
        try container.encode(detail, forKey: Key(stringValue: "detail"))
        for (key, value) in members { try container.encode(value, forKey: Key(stringValue: key)) }
        if !answers.isEmpty { try container.encode(answers, forKey: Key(stringValue: "answers")) }
    }

    static func malformed(_ detail: String) -> Problem { Problem(.badRequest, "malformed", detail) }

    /// What may work when it is tried again.
    static func unavailable(_ code: String, _ detail: String) -> Problem {
        var problem = Problem(.serviceUnavailable, code, detail)
        problem.headers[.retryAfter] = "1"
        return problem
    }

    /// What a caller is told of an error of the store; nil for an error that is not foreseen.
    init?(_ error: any Error) {
        switch error {
        case let error as Problem: self = error
        case is PostgresError:
            // What the server said is in the log: it is none of the caller's business.
            self = .unavailable("store_unavailable", "the store does not answer as it should; try again")
        case let error as StoreError where [.credits, .account].contains(error.code):
            self = Problem(.unprocessableContent, "refused", error.description)
        case is StoreError: self = .unavailable("store_unavailable", "the store is not ready; see /readyz")
        default: return nil
        }
    }
}
#endif
