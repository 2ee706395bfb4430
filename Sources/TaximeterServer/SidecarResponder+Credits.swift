#if Server
import Foundation
internal import HTTPTypes
internal import Hummingbird
import Taximeter
import TaximeterPostgres

/// What is to be held: an amount, for a time.
private struct ReservationBody: Decodable {
    let id: String
    let amount: String
    let currency: String
    let seconds: Int64
}

/// What a request has cost.
private struct SettlementBody: Decodable {
    let amount: String
    let currency: String
}

private struct AnswerBody: Encodable {
    let answer: String
}

extension SidecarResponder {
    private static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")

    func balance(_ call: SidecarCall) async throws -> Response {
        let (store, account) = (store, call.parameters[0])
        guard let balance = try await blocking({ try store.balance(of: account) }) else {
            throw Problem(.notFound, "no_balance", "the account has neither credits nor charges nor limits")
        }
        return try Response.json(.ok, balance)
    }

    func reserve(_ call: SidecarCall) async throws -> Response {
        let body = try decoded(ReservationBody.self, call)
        let amount = try money(body.amount, body.currency)
        let id: Identifier
        do { id = try Identifier(body.id) } catch { throw Problem.malformed("id \(error)") }
        let range: ClosedRange<Int64> = 1...366 * 86_400
        if !range.contains(body.seconds) {
            throw Problem.malformed("seconds is \(body.seconds); expected 1 to \(range.upperBound)")
        }
        let (store, account) = (store, call.parameters[0])
        let answer = try await blocking { try store.reserve(account, id: id, amount, for: .seconds(body.seconds)) }
        switch answer {
        case .reserved: return try Response.json(.ok, AnswerBody(answer: "reserved"))
        case .conflict:
            throw Problem(.conflict, "conflict", "the id stands for another amount, or was settled")
        case .insufficient(let available):
            var problem = Problem(Self.paymentRequired, "insufficient", "the account has \(available) available")
            problem.members = ["available": available.decimalText, "currency": available.currency.code]
            throw problem
        case .limitReached(let limit):
            var problem = Problem(
                Self.paymentRequired, "limit_reached", "the limit \(limit.name) has \(limit.left) left")
            problem.members = [
                "limit": limit.name.text, "available": limit.left.decimalText, "currency": limit.left.currency.code,
            ]
            throw problem
        }
    }

    func settle(_ call: SidecarCall) async throws -> Response {
        let body = try decoded(SettlementBody.self, call)
        let amount = try money(body.amount, body.currency)
        let (store, account, id) = (store, call.parameters[0], call.parameters[1])
        switch try await blocking({ try store.settle(account, id: id, amount) }) {
        case .settled: return try Response.json(.ok, AnswerBody(answer: "settled"))
        case .conflict: throw Problem(.conflict, "conflict", "the reservation was settled with another amount")
        case .unknown:
            throw Problem(
                .notFound, "unknown", "there is no such reservation: never made, released, or long expired")
        }
    }

    func release(_ call: SidecarCall) async throws -> Response {
        let (store, account, id) = (store, call.parameters[0], call.parameters[1])
        if try await blocking({ try store.release(account, id: id) }) {
            return try Response.json(.ok, AnswerBody(answer: "released"))
        }
        throw Problem(.conflict, "conflict", "the reservation was settled")
    }

    private func decoded<Body: Decodable>(_ type: Body.Type, _ call: SidecarCall) throws -> Body {
        if call.contentType != "application/json" { throw Self.wrongType("application/json") }
        do {
            return try JSONDecoder().decode(type, from: Data(call.body))
        } catch DecodingError.keyNotFound(let key, _) {
            throw Problem.malformed("\(key.stringValue) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw Problem.malformed("\(path.isEmpty ? "the body" : path) is of the wrong type; see /openapi.json")
        } catch {
            throw Problem.malformed("the body is no JSON object of the right members; see /openapi.json")
        }
    }

    private func money(_ amount: String, _ code: String) throws -> Money {
        guard let currency = Currency(code: code) else {
            throw Problem.malformed("currency is not known; expected a code such as USD")
        }
        let money: Money
        do { money = try Money(amount, currency) } catch { throw Problem.malformed("amount \(error)") }
        if money.units < 0 { throw Problem.malformed("amount is \(money.decimalText); expected zero or more") }
        return money
    }
}
#endif
