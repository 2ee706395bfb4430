import Foundation
import TaximeterPostgres
import TestKit
import Testing

@testable import Taximeter

/// What happens, and what it gives.
struct Scenario: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case prices(PriceBook)
        case plan(Plan)
        case accounts(AgreementFile)
        case usage([UsageEvent])
        case undo([EventReversal])
        case credits(CreditGrant, at: Instant)
        case balance(of: Identifier, at: Instant, gives: String)
        case refund(of: Identifier, grant: Identifier, id: Identifier, at: Instant, gives: String)
        case reserve(of: Identifier, id: Identifier, Money, seconds: Int64, at: Instant, gives: String)
        case settle(of: Identifier, id: Identifier, Money)
        case limit(SpendLimit, at: Instant)
        case outbox(at: Instant, gives: String)
        case ledger(gives: String)
        case void(number: String, at: Instant)
        case bill(month: String, at: Instant, gives: String)
    }

    let name: String
    let steps: [Step]

    var testDescription: String { name }

    /// All files, or none where one cannot be read: then a test says why.
    static let all: [Scenario] = {
        let folder = Fixtures.folder.appending(path: "scenarios")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
        return names.compactMap { name in
            do {
                return try Scenario(String(contentsOf: folder.appending(path: name), encoding: .utf8), file: name)
            } catch {
                Issue.record("\(name): \(error)")
                return nil
            }
        }
    }()

    init(_ text: String, file: String) throws {
        let source = YAMLSource(text, file: file)
        let root = try #require(source.root, "\(source.diagnostics)")
        name = file
        steps = try (root["steps"]?.items ?? []).map { try Self.step($0, file: file) }
        try #require(!steps.isEmpty)
    }

    private static func step(_ node: FileNode, file: String) throws -> Step {
        let step = ScenarioStep(node: node, file: file)
        if let text = node["prices"]?.text { return .prices(try PriceBook.parse(text, file: file)) }
        if let text = node["plan"]?.text { return .plan(try Plan.parse(text, file: file)) }
        if let text = node["accounts"]?.text { return .accounts(try AgreementFile.parse(text, file: file)) }
        if let usage = node["usage"] { return .usage(try usage.items.flatMap(step.events)) }
        if let undo = node["undo"] {
            return .undo(
                try undo.items.map {
                    EventReversal(account: try step.name($0, "account"), requestID: try step.name($0, "id"))
                })
        }
        if let credits = node["credits"] {
            return .credits(try step.grant(credits), at: try step.time(credits, "at"))
        }
        if let balance = node["balance"] {
            return .balance(
                of: try step.name(balance, "account"), at: try step.time(balance, "at"),
                gives: try step.text(node, "gives"))
        }
        if let refund = node["refund"] {
            return .refund(
                of: try step.name(refund, "account"), grant: try step.name(refund, "grant"),
                id: try step.name(refund, "id"), at: try step.time(refund, "at"), gives: try step.text(node, "gives"))
        }
        if let reserve = node["reserve"] {
            return .reserve(
                of: try step.name(reserve, "account"), id: try step.name(reserve, "id"), try step.amount(reserve),
                seconds: try #require(Int64(step.text(reserve, "seconds"))), at: try step.time(reserve, "at"),
                gives: try step.text(node, "gives"))
        }
        if let settle = node["settle"] {
            return .settle(
                of: try step.name(settle, "account"), id: try step.name(settle, "id"), try step.amount(settle))
        }
        if let limit = node["limit"] { return .limit(try step.limit(limit), at: try step.time(limit, "at")) }
        if let outbox = node["outbox"] {
            return .outbox(at: try step.time(outbox, "at"), gives: try step.text(node, "gives"))
        }
        if node["ledger"] != nil { return .ledger(gives: try step.text(node, "gives")) }
        if let void = node["void"] {
            return .void(number: try step.text(void, "number"), at: try step.time(void, "at"))
        }
        return .bill(
            month: try step.text(node["bill"], "month"), at: try step.time(node["bill"], "at"),
            gives: try step.text(node, "gives"))
    }

    /// Takes all steps, and compares what they give. Each is given to the body, which takes it through a store of its choice:
    /// as often as it likes, for a step that is given again says the same, and nothing changes.
    func run(
        in database: TestDatabase, _ take: (_ step: Step, _ body: (Store) throws -> Void) throws -> Void
    ) throws {
        var before = ""
        for step in steps {
            if case .ledger(let gives) = step {
                #expect(try database.ledgerBalances() == gives)
                continue
            }
            try take(step) { try step.take($0) }
            if case .bill(let month, _, let gives) = step {
                let statements = try database.statements()
                #expect(statements == before + gives, "\(month)")
                before = statements
            }
            #expect(try database.differences() == [])
        }
    }
}

extension Scenario.Step {
    /// Whether it rolls up and rates.
    var isRun: Bool {
        switch self {
        case .bill, .balance, .outbox: true
        default: false
        }
    }

    fileprivate func take(_ store: Store) throws {
        switch self {
        case .prices(let book): _ = try store.load(book)
        case .plan(let plan): _ = try store.load(plan)
        case .accounts(let file): _ = try store.load(file.agreements)
        case .usage(let events): _ = try store.record(events)
        case .undo(let reversals): _ = try store.record([], reversing: reversals)
        case .credits(let grant, let at): try store.grant(grant, at: at)
        case .balance(let account, let at, let gives):
            try store.run(at: at)
            let balance = try #require(try store.balance(of: account, at: at))
            let parts = [balance.credits, balance.unbilled, balance.available].map(\.decimalText)
            #expect("\(parts[0]) - \(parts[1]) = \(parts[2])" == gives)
        case .refund(let account, let grant, let id, let at, let gives):
            #expect(try store.refund(grant, of: account, id: id, at: at).amount.decimalText == gives)
        case .reserve(let account, let id, let amount, let seconds, let at, let gives):
            let answer = try store.reserve(account, id: id, amount, for: .seconds(seconds), at: at)
            #expect("\(answer)" == gives)
        case .settle(let account, let id, let amount):
            #expect(try store.settle(account, id: id, amount) == .settled)
        case .limit(let limit, let at): try store.set(limit, at: at)
        case .outbox(let at, let gives):
            try store.run(at: at)
            let events = try store.readOutbox().map { "\($0.account) \($0.sequence) \($0.kind) \($0.payload)\n" }
            #expect(events.joined() == gives)
        case .ledger: break
        case .void(let number, let at): try store.voidInvoice(number, reason: "a scenario", at: at)
        case .bill(let month, let at, _):
            var options = BillOptions()
            options.finalizes = true
            options.workers = 1
            _ = try store.bill(#require(BillingMonth(month)), options, at: at)
        }
    }
}

/// Reads the parts of a step.
private struct ScenarioStep {
    let node: FileNode
    let file: String

    func text(_ node: FileNode?, _ key: String) throws -> String {
        try #require(node?[key]?.text, "\(file): \(key)")
    }

    func name(_ node: FileNode, _ key: String) throws -> Identifier { try Identifier(text(node, key)) }
    func time(_ node: FileNode?, _ key: String) throws -> Instant { try instant(text(node, key)) }

    func amount(_ node: FileNode) throws -> Money {
        try Money(text(node, "amount"), #require(Currency(code: text(node, "currency"))))
    }

    /// An event; or `times` of them, each a minute after the one before.
    func events(_ item: FileNode) throws -> [UsageEvent] {
        func count(_ key: String) throws -> Int64 {
            try item[key]?.text.map { try #require(Int64($0), "\(file): \(key)") } ?? 0
        }
        let (id, first) = (try text(item, "id"), try time(item, "at"))
        return try (0..<max(1, count("times"))).map { index in
            try event(
                index == 0 ? id : "\(id)-\(index)", account: text(item, "account"), model: text(item, "model"),
                channel: item["channel"]?.text ?? "api", tier: item["service_tier"]?.text ?? "standard",
                at: #require(Instant(microseconds: first.microseconds + index * 60_000_000)).description,
                hit: count("hit"), miss: count("input"), output: count("output"))
        }
    }

    func limit(_ node: FileNode) throws -> SpendLimit {
        try SpendLimit(
            account: name(node, "account"), name: name(node, "name"), isHard: node["hard"]?.text == "true",
            amount: amount(node),
            thresholds: (node["thresholds"]?.items ?? []).map { try #require(Int32($0.text ?? "")) })
    }

    func grant(_ node: FileNode) throws -> CreditGrant {
        let effective = try EffectivePeriod(
            from: node["from"]?.text.map(instant) ?? UsageEvent.earliestInstant, until: node["until"]?.text.map(instant)
        )
        func names(_ key: String) throws -> Set<Identifier> {
            Set(try (node[key]?.items ?? []).map { try Identifier($0.text ?? "") })
        }
        return try CreditGrant(
            account: name(node, "account"), id: name(node, "id"),
            kind: #require(CreditGrant.Kind(rawValue: text(node, "kind"))),
            amount: amount(node), priority: Int32(node["priority"]?.text ?? "0") ?? 0,
            effective: #require(effective), models: names("models"), channels: names("channels"))
    }
}
