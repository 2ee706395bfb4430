import PostgresWire
import TestKit
import Testing

@testable import Taximeter
@testable import TaximeterPostgres

/// What happens at random to some accounts of a store, and what of it counts in the end: prices, agreements, events.
struct RandomHistory {
    private static let accounts = ["a", "b", "c"]
    private static let models = ["m", "n"]
    /// Only the last month is not billed before the end: with it comes all that is still to be adjusted.
    private static let months = (1...5).map { "2025-0\($0)" }

    let database: TestDatabase
    private var generator: SeededGenerator
    private let plans: [Plan]
    /// Each book as it is first, and as it becomes.
    private var books: [[PriceBook]]
    private let zones: [String]
    private var agreements: [String: AgreementFile] = [:]
    private var events: [String: UsageEvent] = [:]
    private var recorded = 0
    private var grants = 0
    /// What time it is for the runs.
    private var now = Int64(1_738_368_000_000_000)
    /// What has happened, in words.
    private(set) var steps: [String] = []

    init(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        database = try TestDatabase()
        books = try ["list", "dear"].map { try Self.book($0, &generator) }
        plans = try ["p", "q", "r"].map { try Self.plan($0, &generator) }
        zones = Self.accounts.map { _ in
            ["UTC", "Asia/Shanghai", "America/New_York"].randomElement(using: &generator) ?? "UTC"
        }
        self.generator = generator
        try Self.load(books.compactMap(\.first), plans, into: database)
        for account in Self.accounts { try agree(account) }
    }

    private static func load(_ books: [PriceBook], _ plans: [Plan], into database: TestDatabase) throws {
        for book in books { _ = try database.store.load(book) }
        for plan in plans { _ = try database.store.load(plan) }
    }

    // MARK: What prices and plans there are

    private mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
        Int.random(in: 1...denominator, using: &generator) <= numerator
    }

    /// A moment from the start of a month on, at the edge of an hour or a day as often as not.
    private static func moment(in months: ClosedRange<Int64>, _ generator: inout SeededGenerator) throws -> Instant {
        let step = [1, Instant.hour, Instant.day].randomElement(using: &generator) ?? Int64(1)
        let start: Int64 = 1_735_689_600_000_000
        let offset = Int64.random(
            in: (months.lowerBound - 1) * 30 * Instant.day..<months.upperBound * 30 * Instant.day, using: &generator)
        return try #require(Instant(microseconds: start + offset / step * step))
    }

    /// Books of one list that get more and more versions.
    private static func book(_ name: String, _ generator: inout SeededGenerator) throws -> [PriceBook] {
        let starts = try Set((0..<3).map { _ in try moment(in: 1...4, &generator) }).sorted().map(\.description)
        var versions: [String: [String]] = [:]
        for model in models {
            let mode = ["graduated", "volume"].randomElement(using: &generator) ?? ""
            let tiers = """
                , tiers: [{name: t, counter: class, classes: [output], mode: \(mode), \
                steps: [{up_to: 2000}, {up_to: 7000, factor: 0.7}, {factor: 0.5}]}]
                """
            let hasTiers = Bool.random(using: &generator)
            versions[model] = (["2024-01-01T00:00:00Z"] + starts).map { from in
                let rates = (0..<2).map { _ in
                    ["1000", "333.33", "14", "0.14", "10500", "0"].randomElement(using: &generator) ?? "1"
                }
                return "{from: \(from), rates: {cache_miss: \(rates[0]), output: \(rates[1])}\(hasTiers ? tiers : "")}"
            }
        }
        return try (0...starts.count).map { count in
            let tariffs = models.map { model in
                "  - {model: \(model), versions: [\((versions[model] ?? [])[...count].joined(separator: ", "))]}"
            }
            return try PriceBook.parse(
                "price_book: \(name)\ncurrency: USD\ntariffs:\n\(tariffs.joined(separator: "\n"))", file: name)
        }
    }

    private static func plan(_ name: String, _ generator: inout SeededGenerator) throws -> Plan {
        func pick(_ words: String...) -> String { words.randomElement(using: &generator) ?? "" }
        func version() -> String {
            let fee = pick("", "recurring_fee: {amount: \(pick("20", "9.99")), ")
            let parts = [
                "price_book: \(pick("list", "dear"))",
                fee.isEmpty
                    ? "" : fee + "due: \(pick("in_advance", "in_arrears")), prorated: \(pick("time", "days", "none"))}",
                pick(
                    "", "", "terms: {}", "terms: {discount: {factor: 0.9}, rounding: half_even}",
                    "terms: {quantities: {minimum: 100, step: 100}, rounding: up}",
                    "terms: {allowances: [{name: free, tokens: 3000, per: period, order: dearest_first}]}",
                    "terms: {allowances: [{name: welcome, tokens: 9000, per: lifetime, models: [m]}]}"),
                pick(
                    "", "", "committed_volumes: [{name: v, tokens: 4000, fee: 7, overage: 1.5, classes: [output]}]"),
                pick("", "minimum: 30"), pick("", "maximum: 25"),
                pick("", "tax: {name: VAT 19 %, rate: 0.19}", "tax: {name: sales tax, rate: 0.0825}"),
            ]
            return parts.filter { !$0.isEmpty }.joined(separator: ", ")
        }
        let change = try moment(in: 1...4, &generator)
        let second = Bool.random(using: &generator) ? "\n  - {from: \(change), \(version())}" : ""
        return try Plan.parse(
            "plan: \(name)\ncurrency: USD\nversions:\n  - {from: 2024-01-01T00:00:00Z, \(version())}\(second)",
            file: name)
    }

    // MARK: What happens

    mutating func step() throws {
        switch Int.random(in: 0..<14, using: &generator) {
        case 0...3: try use()
        case 4: try undo()
        case 5...6: try agree(Self.accounts.randomElement(using: &generator) ?? "a")
        case 7: try changePrices()
        case 8: try grant()
        case 9: try void()
        default: try billSomeMonth()
        }
        #expect(try database.everyDifference() == [], "after \(steps)")
        #expect(try Self.unbalanced(database) == "", "after \(steps)")
    }

    /// Currencies in which the ledger does not sum to zero, and differences of charges and credits.
    private static func unbalanced(_ database: TestDatabase) throws -> String {
        try database.psql(
            """
            SELECT currency FROM taximeter.ledger_balance GROUP BY 1 HAVING sum(balance) <> 0;
            SELECT * FROM taximeter.charge_audit;
            SELECT * FROM taximeter.credit_audit
            """)
    }

    private mutating func use() throws {
        let new = try (0..<Int.random(in: 1...6, using: &generator)).map { _ in
            recorded += 1
            func tokens() -> Int64 { .random(in: 0...4_000, using: &generator) }
            return try event(
                "\(recorded)", account: Self.accounts.randomElement(using: &generator) ?? "a",
                model: Self.models.randomElement(using: &generator) ?? "m",
                at: Self.moment(in: 1...5, &generator).description, miss: tokens(), output: tokens())
        }
        // Some are given again.
        let again = events.values.sorted { $0.requestID < $1.requestID }.shuffled(using: &generator).prefix(1)
        let answers = try database.store.record(new + again)
        #expect(answers.prefix(new.count).allSatisfy { $0 == .accepted })
        for event in new { events[event.requestID.text] = event }
        steps.append("\(new.count) events")
    }

    /// Undoes an event, and puts another in its place as often as not.
    private mutating func undo() throws {
        guard let event = events.values.sorted(by: { $0.requestID < $1.requestID }).randomElement(using: &generator)
        else { return }
        var new: [UsageEvent] = []
        if Bool.random(using: &generator) {
            recorded += 1
            new = [
                try TaximeterPostgresTests.event(
                    "\(recorded)", account: event.account.text, model: event.model.text,
                    at: event.completedAt.description, miss: 7, output: event.tokens.output / 2)
            ]
        }
        let reversal = EventReversal(account: event.account, requestID: event.requestID)
        let answers = try database.store.record(new, reversing: [reversal])
        #expect(answers.reversals == [.reversed] && answers.events.allSatisfy { $0 == .accepted })
        events[event.requestID.text] = nil
        for event in new { events[event.requestID.text] = event }
        steps.append("\(event.requestID) undone")
    }

    /// Gives an account other plans, at other times.
    private mutating func agree(_ account: String) throws {
        let edges = try Set((0..<3).map { _ in try Self.moment(in: 1...5, &generator) }).sorted()
        var subscriptions: [String] = []
        for (index, edge) in edges.enumerated() where chance(2, in: 3) {
            let plan = plans.randomElement(using: &generator)?.name.text ?? ""
            let until = index + 1 < edges.count ? ", until: \(edges[index + 1])" : ""
            subscriptions.append("{plan: \(plan), from: \(edge)\(until)}")
        }
        let zone = Self.accounts.firstIndex(of: account).map { zones[$0] } ?? "UTC"
        let list = subscriptions.joined(separator: ", ")
        let file = try AgreementFile.parse(
            "accounts:\n  - {account: \(account), time_zone: \(zone), subscriptions: [\(list)]}", file: "accounts")
        _ = try database.store.load(file.agreements)
        agreements[account] = file
        steps.append("\(account) has \(list)")
    }

    private mutating func changePrices() throws {
        guard let index = books.indices.filter({ books[$0].count > 1 }).randomElement(using: &generator) else { return }
        books[index].removeFirst()
        _ = try database.store.load(books[index][0])
        steps.append("prices of \(books[index][0].name) change")
    }

    private mutating func grant() throws {
        grants += 1
        let from = try Self.moment(in: 1...3, &generator)
        let until = chance(1, in: 2) ? try Self.moment(in: 4...5, &generator) : nil
        let grant = try CreditGrant(
            account: Identifier(Self.accounts.randomElement(using: &generator) ?? "a"),
            id: Identifier("grant-\(grants)"),
            kind: chance(1, in: 2) ? .granted : .toppedUp,
            amount: Money(["5", "12.34", "40"].randomElement(using: &generator) ?? "5", .usd),
            effective: #require(EffectivePeriod(from: from, until: until)),
            models: chance(1, in: 3) ? [Identifier("m")] : [])
        try database.store.grant(grant, at: from)
        steps.append("\(grant.id) of \(grant.amount)")
    }

    private mutating func void() throws {
        let numbers = try database.psql("SELECT number FROM taximeter.invoices WHERE state = 'final' ORDER BY 1")
        guard let number = numbers.split(separator: "\n").randomElement(using: &generator) else { return }
        try database.store.voidInvoice(String(number), reason: "r", at: #require(Instant(microseconds: now)))
        steps.append("\(number) is void")
    }

    /// Bills a month, which may not have ended by then, for all accounts or for one.
    private mutating func billSomeMonth() throws {
        now += Int64.random(in: 0...15, using: &generator) * Instant.day
        let month = Self.months.dropLast().randomElement(using: &generator) ?? ""
        var options = BillOptions()
        options.finalizes = chance(4, in: 5)
        options.isDryRun = chance(1, in: 8)
        if chance(1, in: 4), let account = Self.accounts.randomElement(using: &generator) {
            options.accounts = [try Identifier(account)]
        }
        steps.append("\(month) is billed as \(options.finalizes ? "final" : "draft"), \(options.accounts)")
        try Self.bill(month, in: database, at: #require(Instant(microseconds: now)), options)
        if options.finalizes, !options.isDryRun {
            let again = try Self.bill(month, in: database, at: #require(Instant(microseconds: now)), options)
            #expect(again.sums.isEmpty, "a second run bills something, after \(steps)")
        }
    }

    /// Whatever it comes to, and in transactions of two accounts.
    @discardableResult
    private static func bill(
        _ month: String, in database: TestDatabase, at now: Instant, _ options: BillOptions
    ) throws -> BillSummary {
        var options = options
        options.accepted = Set(try accounts.map { try Identifier($0) })
        options.accountsPerTransaction = 2
        let summary = try database.store.bill(#require(BillingMonth(month)), options, at: now)
        #expect(summary.parked == [])
        return summary
    }

    // MARK: What it comes to

    /// Bills everything, and holds it against what another store bills that knew all from the start.
    mutating func finish() throws {
        let fresh = try TestDatabase()
        try Self.load(books.compactMap(\.first), plans, into: fresh)
        for account in Self.accounts { _ = try fresh.store.load(agreements[account]?.agreements ?? []) }
        _ = try fresh.store.record(events.values.sorted { $0.requestID < $1.requestID })
        var options = BillOptions()
        options.finalizes = true
        for database in [fresh, database] {
            for month in Self.months {
                let summary = try Self.bill(month, in: database, at: instant("2026-01-01T00:00:00Z"), options)
                #expect(summary.waiting == 0, "\(month), after \(steps)")
                #expect(try database.everyDifference() == [], "\(month), after \(steps)")
            }
            #expect(try Self.unbalanced(database) == "", "after \(steps)")
        }
        let (once, found) = (try Self.lines(fresh), try Self.lines(database))
        #expect(!once.isEmpty)
        #expect(found.subtracting(once) == [], "should not be billed, after \(steps)")
        #expect(once.subtracting(found) == [], "should be billed, after \(steps)")
        #expect(try Self.balances(database) == Self.balances(fresh), "after \(steps)")
    }

    /// What the lines of each period have come to.
    private static func lines(_ database: TestDatabase) throws -> Set<Substring> {
        Set(
            try database.psql(
                """
                SELECT a.external_id, l.period_start, l.kind, l.line_id, sum(l.quantity), trim_scale(sum(l.exact_amount)),
                    trim_scale(sum(l.amount))
                FROM taximeter.standing_lines AS l INNER JOIN taximeter.account AS a USING (account_key)
                GROUP BY 1, 2, 3, 4
                HAVING sum(l.quantity) <> 0 OR sum(l.exact_amount) <> 0 OR sum(l.amount) <> 0
                """
            ).split(separator: "\n"))
    }

    /// Taxes, and what is not earned yet.
    private static func balances(_ database: TestDatabase) throws -> String {
        try database.psql(
            """
            SELECT a.external_id, b.ledger_account, trim_scale(b.balance)
            FROM taximeter.ledger_balance AS b INNER JOIN taximeter.account AS a USING (account_key)
            WHERE b.ledger_account IN ('tax', 'deferred_revenue') AND b.balance <> 0 ORDER BY 1, 2
            """)
    }
}
