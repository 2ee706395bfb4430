#if Server
internal import HTTPTypes
internal import Hummingbird
import CoreMetrics
import Taximeter
import TaximeterPostgres

extension SidecarResponder {
    private static let multiStatus = HTTPResponse.Status(code: 207, reasonPhrase: "Multi-Status")

    /// Events in the event format: each is answered.
    func events(_ call: SidecarCall) async throws -> Response {
        let form: EventBody.Form
        switch call.contentType {
        case "application/json": form = .json
        case "application/x-ndjson", "application/jsonl": form = .jsonLines
        default: throw Self.wrongType("application/json or application/x-ndjson")
        }
        let outcomes = try await take(call, form)
        let isAllStored = outcomes.allSatisfy(\.isStored)
        return Response.bytes(
            isAllStored ? .ok : Self.multiStatus, try EventAnswerWriter.json(outcomes), type: "application/json")
    }

    /// CloudEvents, as OpenMeter takes them: nothing is said when all are stored, and a problem otherwise.
    func cloudEvents(_ call: SidecarCall) async throws -> Response {
        let types = ["application/cloudevents+json", "application/cloudevents-batch+json", "application/json"]
        guard types.contains(call.contentType) else { throw Self.wrongType(types.joined(separator: " or ")) }
        let outcomes = try await take(call, .cloudEvents)
        let refused = outcomes.count { !$0.isStored }
        if refused == 0 { return Response(status: .noContent) }
        let first = outcomes.firstIndex { !$0.isStored } ?? 0
        var problem = Problem(
            .badRequest, "events_refused",
            "\(refused) of \(outcomes.count) events were refused, the others are stored; event \(first + 1): "
                + (outcomes[first].fault?.detail ?? ""))
        problem.answers = outcomes
        throw problem
    }

    /// Reads the events of a body, stores those that can be, and tells what became of each, in order.
    private func take(_ call: SidecarCall, _ form: EventBody.Form) async throws -> [EventOutcome] {
        let rows: [EventRow]
        do {
            rows = try EventBody.read(call.body, as: form, receivedAt: SystemClock.now)
        } catch {
            throw Problem.malformed("\(error)")
        }
        if rows.count > options.maximumBatchEvents {
            throw Problem(
                .contentTooLarge, "too_many_events",
                "found \(rows.count) events; expected at most \(options.maximumBatchEvents)")
        }
        var events: [UsageEvent] = []
        var reversals: [EventReversal] = []
        for row in rows {
            switch row {
            case .event(let event, _) where isAllowed(event.account, call): events.append(event)
            case .reversal(let reversal, _) where isAllowed(reversal.account, call): reversals.append(reversal)
            default: break
            }
        }
        let answers: RecordAnswers
        do {
            answers = try await queue.record(events, reversing: reversals)
        } catch is EventQueue.Full {
            throw Problem.unavailable("too_many_events", "too many events wait to be stored; try again")
        }
        return outcomes(of: rows, answers, call)
    }

    private func outcomes(
        of rows: [EventRow], _ answers: RecordAnswers, _ call: SidecarCall
    ) -> [EventOutcome] {
        var events = answers.events.makeIterator()
        var reversals = answers.reversals.makeIterator()
        var rejected = 0
        let outcomes = rows.map { row -> EventOutcome in
            switch row {
            case .event(let event, _) where isAllowed(event.account, call):
                if let answer = events.next() { return .event(answer) }
            case .reversal(let reversal, _) where isAllowed(reversal.account, call):
                if let answer = reversals.next() { return .reversal(answer) }
            case .rejected(let row):
                rejected += 1
                return .rejected(code: "\(row.reason.code)", field: row.reason.field, detail: "\(row.reason)")
            default: break
            }
            rejected += 1
            return .rejected(
                code: "other_account", field: "account", detail: "the token is good for another account alone")
        }
        Counter(label: "taximeter_http_events_rejected", factory: metrics).increment(by: rejected)
        return outcomes
    }

    private func isAllowed(_ account: Identifier, _ call: SidecarCall) -> Bool {
        call.caller?.account.map { $0 == account } ?? true
    }

    static func wrongType(_ expected: String) -> Problem {
        Problem(.unsupportedMediaType, "content_type", "expected the content type \(expected)")
    }
}
#endif
