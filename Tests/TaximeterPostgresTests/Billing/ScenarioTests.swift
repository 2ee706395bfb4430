import Foundation
import PostgresWire
import TaximeterPostgres
import TestKit
import Testing

@testable import Taximeter

/// The scenarios of fixtures/scenarios: what happens to an account, step by step, and what it is billed, to the cent.
@Suite struct ScenarioTests {
    @Test(arguments: Scenario.all)
    func gives(_ scenario: Scenario) throws {
        let database = try TestDatabase()
        try scenario.run(in: database) { month, at in
            try database.bill(month, at: at)
            let once = try database.statements()
            #expect(try database.bill(month, at: at).sums.isEmpty, "a second run bills something")
            #expect(try database.statements() == once)
        }
    }

    /// Every run fails at its first statement, then at its second, and so on, and goes on where it was left.
    @Test(arguments: Scenario.all)
    func givesWhateverFails(_ scenario: Scenario) throws {
        let database = try TestDatabase()
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        let store = Store(ConnectionOptions(proxy.address.connectionString))
        defer { store.close() }
        var failures = 0
        try scenario.run(in: database) { month, at in
            for statement in 1... {
                try #require(statement < 1_000)
                proxy.arm([.failing(at: statement)])
                do {
                    try database.bill(month, at: at, store: store)
                    if proxy.armed > 0 { break }
                } catch let error as PostgresError {
                    #expect(error.sqlState?.code == "XX999", "\(error)")
                    failures += 1
                }
            }
            proxy.disarm()
        }
        #expect(failures > 10)
    }
}

/// What happens, and what it gives.
struct Scenario: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case prices(PriceBook)
        case plan(Plan)
        case accounts(AgreementFile)
        case usage([UsageEvent])
        case undo([EventReversal])
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
        func text(_ node: FileNode?, _ key: String) throws -> String {
            try #require(node?[key]?.text, "\(file): \(key)")
        }
        if let text = node["prices"]?.text { return .prices(try PriceBook.parse(text, file: file)) }
        if let text = node["plan"]?.text { return .plan(try Plan.parse(text, file: file)) }
        if let text = node["accounts"]?.text { return .accounts(try AgreementFile.parse(text, file: file)) }
        if let usage = node["usage"] {
            return .usage(
                try usage.items.map { item in
                    try event(
                        text(item, "id"), account: text(item, "account"), model: text(item, "model"),
                        at: text(item, "at"), output: #require(Int64(text(item, "output"))))
                })
        }
        if let undo = node["undo"] {
            return .undo(
                try undo.items.map {
                    EventReversal(
                        account: try Identifier(text($0, "account")), requestID: try Identifier(text($0, "id")))
                })
        }
        if let void = node["void"] {
            return .void(number: try text(void, "number"), at: try instant(text(void, "at")))
        }
        return .bill(
            month: try text(node["bill"], "month"), at: try instant(text(node["bill"], "at")),
            gives: try text(node, "gives"))
    }

    /// Takes all steps; a bill is made by the body, and compared.
    func run(in database: TestDatabase, _ bill: (_ month: String, _ at: Instant) throws -> Void) throws {
        var before = ""
        for step in steps {
            switch step {
            case .prices(let book): _ = try database.store.load(book)
            case .plan(let plan): _ = try database.store.load(plan)
            case .accounts(let file): _ = try database.store.load(file.agreements)
            case .usage(let events): _ = try database.store.record(events)
            case .undo(let reversals): _ = try database.store.record([], reversing: reversals)
            case .void(let number, let at): try database.store.voidInvoice(number, reason: "a scenario", at: at)
            case .bill(let month, let at, let gives):
                try bill(month, at)
                let statements = try database.statements()
                #expect(statements == before + gives, "\(month)")
                before = statements
            }
            #expect(try database.differences() == [])
        }
    }
}

extension TestDatabase {
    @discardableResult
    fileprivate func bill(_ month: String, at now: Instant, store: Store? = nil) throws -> BillSummary {
        var options = BillOptions()
        options.finalizes = true
        options.workers = 1
        return try (store ?? self.store).bill(#require(BillingMonth(month)), options, at: now)
    }

    /// All invoices as scenarios write them, in the order of their links.
    fileprivate func statements() throws -> String {
        try psql(
            """
            SELECT text FROM (
                SELECT l.account, l.chain_position, 0 AS line,
                    concat_ws(' ', i.number, i.account, i.kind, trim_scale(i.total), i.currency) AS text
                FROM taximeter.invoices AS i
                INNER JOIN taximeter.invoice_chain_links AS l ON l.number = i.number AND NOT l.is_void
                UNION ALL
                SELECT l.account, l.chain_position, n.line, concat(
                    '  ', n.kind, ' ', to_char(n.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD'), ': ', n.quantity,
                    ' × ' || trim_scale(n.unit_price), ' + ' || nullif(trim_scale(n.fees), 0), ' = ',
                    trim_scale(n.exact_amount), ' → ', trim_scale(n.amount), ', adjusts ' || n.adjusts)
                FROM taximeter.invoice_lines AS n
                INNER JOIN taximeter.invoice_chain_links AS l ON l.number = n.number AND NOT l.is_void
            ) AS s ORDER BY account, chain_position, line
            """)
    }
}
