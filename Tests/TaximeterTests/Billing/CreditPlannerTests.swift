import TestKit
import Testing

@testable import Taximeter

/// Which grants pay for which lines.
@Suite struct CreditPlannerTests {
    private static let january = BillingPeriod(containing: Instant(unchecked: 20_454 * Instant.day))
    private static let february = BillingPeriod(containing: january.end)
    private static let december = BillingPeriod(containing: Instant(unchecked: january.start.microseconds - 1))

    private static func day(_ text: String) throws -> Instant { try instant(text + "T00:00:00Z") }

    /// A grant, and what was used within its validity and scope where that is a part of the period, and in no other's.
    private struct Given {
        let open: OpenGrant
        let within: Money?
    }

    private static func use(_ grants: [Given], _ lines: [PayableLine]) throws -> [CreditUse] {
        let shared = grants.compactMap { given in
            given.within.map { SharedUsage(grants: [given.open.grant.id], amount: $0) }
        }
        return try CreditPlanner.use(grants: grants.map(\.open), lines: lines, at: january, shared: shared)
    }

    private func grant(
        _ id: String, _ left: String, kind: CreditGrant.Kind = .granted, priority: Int32 = 0,
        from: String = "2025-01-01",
        until: String? = nil, models: [String] = [], channels: [String] = [], within: String? = nil
    ) throws -> Given {
        let effective = try given(EffectivePeriod(from: Self.day(from), until: until.map { try Self.day($0) }))
        let open = try OpenGrant(
            grant: CreditGrant(
                account: Identifier("acme"), id: Identifier(id), kind: kind, amount: Money("1000", .usd),
                priority: priority, effective: effective, models: Set(models.map { try Identifier($0) }),
                channels: Set(channels.map { try Identifier($0) })),
            left: Money(left, .usd))
        return try Given(open: open, within: within.map { try Money($0, .usd) })
    }

    private func usage(
        _ amount: String, model: String = "a", channel: String = "api", _ period: BillingPeriod = january
    ) throws -> PayableLine {
        try PayableLine(
            usage: .init(model: Identifier(model), channel: Identifier(channel)), period: period,
            amount: Money(amount, .usd))
    }

    private func fee(_ amount: String, _ period: BillingPeriod = january) throws -> PayableLine {
        try PayableLine(period: period, amount: Money(amount, .usd))
    }

    /// `grant: line amount, line amount; …`
    private func plan(_ grants: [Given], _ lines: [PayableLine]) throws -> String {
        try Self.use(grants, lines).map { use in
            #expect(use.amount.units == use.shares.reduce(0) { $0 + $1.amount.units })
            return "\(use.grant): "
                + use.shares.map { "\($0.line) \($0.amount.decimalText)" }.joined(separator: ", ")
        }.joined(separator: "; ")
    }

    @Test func grantsAreUsedInTheirOrder() throws {
        let grants = try [
            grant("paid", "100", kind: .toppedUp), grant("late", "3", until: "2026-06-01"), grant("z", "2"),
            grant("soon", "1", until: "2026-02-01"), grant("a", "2"), grant("last", "9", priority: 7),
            grant("first", "4", kind: .toppedUp, priority: -1),
        ]
        let expected = "first: 0 4; soon: 0 1; late: 0 3; a: 0 2; z: 0 2; paid: 0 100; last: 0 9"
        #expect(try plan(grants, [usage("500")]) == expected)
        #expect(try plan(grants.reversed(), [usage("500")]) == expected)
    }

    /// 10 were used while two gifts of 10 were both valid, 5 more while the first alone was, 85 outside: they pay 15.
    @Test func whatOnePaysIsNotThereForTheNext() throws {
        let grants = try [
            grant("x", "10", until: "2026-01-15", within: "15"), grant("y", "10", until: "2026-01-20", within: "10"),
        ]
        let shared = try [
            SharedUsage(grants: [Identifier("x"), Identifier("y")], amount: Money("10", .usd)),
            SharedUsage(grants: [Identifier("x")], amount: Money("5", .usd)),
        ]
        func paid(_ grants: [Given]) throws -> [String] {
            try CreditPlanner.use(
                grants: grants.map(\.open), lines: [usage("100")], at: Self.january, shared: shared
            ).map {
                "\($0.grant) \($0.amount.decimalText)"
            }
        }
        #expect(try paid(grants) == ["x 10", "y 5"])
        // Alone, each pays what it may.
        #expect(try paid([grants[0]]) == ["x 10"])
        #expect(try paid([grants[1]]) == ["y 10"])
    }

    @Test func noMoreThanIsThere() throws {
        #expect(try plan([grant("g", "5")], [usage("3"), fee("4")]) == "g: 0 3, 1 2")
        #expect(try plan([grant("g", "50")], [usage("3"), fee("4")]) == "g: 0 3, 1 4")
        #expect(try plan([grant("g", "0")], [usage("3")]) == "")
        #expect(try plan([grant("g", "5")], [usage("0"), usage("-3")]) == "")
        #expect(try plan([], [usage("3")]) == "")
        #expect(try plan([grant("g", "5")], []) == "")
    }

    @Test func aScopePaysItsUsageAlone() throws {
        let lines = try [
            usage("10"), usage("20", model: "b"), usage("40", channel: "web"), fee("80"), fee("160", Self.february),
        ]
        #expect(try plan([grant("g", "999", models: ["a"])], lines) == "g: 0 10, 2 40")
        #expect(try plan([grant("g", "999", channels: ["api"])], lines) == "g: 0 10, 1 20")
        #expect(try plan([grant("g", "999", models: ["a", "b"], channels: ["web"])], lines) == "g: 2 40")
        #expect(try plan([grant("g", "999", models: ["c"])], lines) == "")
        #expect(try plan([grant("g", "999")], lines) == "g: 0 10, 1 20, 2 40, 3 80, 4 160")
    }

    /// What lines take off is not paid, and takes off from what it is most like, the last first.
    @Test func whatIsTakenOffIsNotPaid() throws {
        let maximum = try PayableLine(isUsage: true, period: Self.january, amount: Money("-25", .usd))
        #expect(try plan([grant("g", "999")], [usage("10"), usage("20"), fee("5"), maximum]) == "g: 0 5, 2 5")
        let late = try usage("-4", model: "b", Self.december)
        #expect(try plan([grant("g", "999")], [usage("10", model: "b"), usage("10"), late]) == "g: 0 6, 1 10")
        #expect(try plan([grant("g", "999")], [usage("10"), fee("3"), fee("-9")]) == "g: 0 4")
        #expect(try plan([grant("g", "999")], [usage("10"), fee("-11")]) == "")
    }

    @Test func validity() throws {
        let lines = try [usage("10"), fee("5"), fee("7", Self.february), usage("3", Self.december)]
        func use(_ from: String, _ until: String?, within: String? = nil) throws -> String {
            try plan([grant("g", "999", from: from, until: until, within: within)], lines)
        }
        #expect(try use("2025-12-01", "2026-02-02") == "g: 0 10, 1 5, 2 7, 3 3")
        // A part of the own period: up to what was used within it, in whole cents.
        #expect(try use("2026-01-10", nil, within: "6.129") == "g: 0 6.12, 2 7")
        #expect(try use("2026-01-10", "2026-01-20", within: "12.5") == "g: 0 10, 1 2.5")
        // What is billed ahead, where it begins; an earlier period, only as a whole.
        #expect(try use("2025-12-02", "2026-02-01") == "g: 0 10, 1 5")
        #expect(try use("2026-02-01", nil) == "g: 2 7")
        #expect(try use("2026-02-02", nil) == "")
        #expect(try use("2025-01-01", "2026-01-01") == "g: 3 3")
    }

    @Test func currenciesAreNotMixed() throws {
        let line = try PayableLine(period: Self.january, amount: Money("3", .cny))
        #expect(throws: MoneyError.currencyMismatch(.cny, .usd)) { try plan([grant("g", "5")], [line]) }
        #expect(throws: MoneyError.currencyMismatch(.usd, .cny)) { try plan([grant("g", "5")], [fee("1"), line]) }
    }

    @Test func refusesWhatIsNoGrant() throws {
        func make(_ amount: String) throws -> CreditGrant {
            try CreditGrant(
                account: Identifier("acme"), id: Identifier("g"), kind: .granted, amount: Money(amount, .usd),
                effective: given(EffectivePeriod(from: .earliest)))
        }
        let (zero, less, part) = try (Money("0", .usd), Money("-1", .usd), Money("1.001", .usd))
        #expect(throws: CreditGrant.Invalid.notPositive(zero)) { try make("0") }
        #expect(throws: CreditGrant.Invalid.notPositive(less)) { try make("-1") }
        #expect(throws: CreditGrant.Invalid.notWhole(part)) { try make("1.001") }
        #expect(try make("1.01").amount == Money("1.01", .usd))
    }

    /// Whatever comes: nothing is paid twice or out of scope, and nothing is left unpaid that a grant could pay.
    @Test func properties() async throws {
        try await withSeed { generator in
            for _ in 0..<2_000 {
                let (grants, lines) = try random(&generator)
                let uses = try Self.use(grants, lines)
                let total = lines.reduce(0) { $0 + $1.amount.units }
                #expect(uses.reduce(0) { $0 + $1.amount.units } <= max(total, 0))
                #expect(
                    try Self.use(grants.shuffled(using: &generator), lines) == uses)
                let payable = try PayableLine.payable(lines)
                #expect(payable.reduce(0, +) == max(total, 0))
                var paid = [Int128](repeating: 0, count: lines.count)
                for use in uses {
                    let given = try #require(grants.first { $0.open.grant.id == use.grant })
                    let open = given.open
                    #expect(use.amount.units > 0 && use.amount.units <= open.left.units)
                    for share in use.shares {
                        #expect(share.amount.units > 0 && open.grant.mayPay(lines[share.line], of: Self.january))
                        paid[share.line] += share.amount.units
                    }
                    let own = use.shares.filter { lines[$0.line].period == Self.january }
                    #expect(own.reduce(0) { $0 + $1.amount.units } <= (given.within ?? open.left).units)
                }
                for (index, line) in lines.enumerated() {
                    #expect(paid[index] >= 0 && paid[index] <= payable[index])
                    if total <= 0 || paid[index] == payable[index] { continue }
                    for open in grants.filter({ $0.within == nil }).map(\.open)
                    where open.grant.mayPay(line, of: Self.january) {
                        let used = uses.first { $0.grant == open.grant.id }?.amount.units ?? 0
                        #expect(used == open.left.units, "\(open.grant.id) has something left for an unpaid line")
                    }
                }
            }
        }
    }

    private func random(_ generator: inout SeededGenerator) throws -> ([Given], [PayableLine]) {
        func amount(_ range: ClosedRange<Int>) -> String {
            let cents = Int.random(in: range, using: &generator)
            return Money(units: Int128(cents) * Money.unit(decimals: 2), .usd).decimalText
        }
        let grants = try (0..<Int.random(in: 0...4, using: &generator)).map { index in
            let froms = ["2025-06-01", "2026-01-01", "2026-01-10", "2026-02-01"]
            let from = froms.randomElement(using: &generator) ?? froms[0]
            let until =
                [nil, "2026-02-01", "2026-02-10", "2026-03-01"].filter { $0.map { $0 > from } ?? true }
                .randomElement(using: &generator) ?? nil
            let isPart = from == "2026-01-10"
            return try grant(
                "g\(index)", amount(0...3_000), kind: Bool.random(using: &generator) ? .granted : .toppedUp,
                priority: Int32.random(in: 0...1, using: &generator), from: from, until: until,
                models: [[], [], ["a"], ["a", "b"]].randomElement(using: &generator) ?? [],
                channels: [[], [], ["api"]].randomElement(using: &generator) ?? [],
                within: isPart ? amount(0...2_000) : nil)
        }
        let lines = try (0..<Int.random(in: 0...6, using: &generator)).map { _ in
            let period = [Self.january, Self.january, Self.february, Self.december].randomElement(using: &generator)
            return Int.random(in: 0..<3, using: &generator) == 0
                ? try fee(amount(-500...2_000), period ?? Self.january)
                : try usage(
                    amount(-500...2_000), model: ["a", "b", "c"].randomElement(using: &generator) ?? "a",
                    channel: ["api", "web"].randomElement(using: &generator) ?? "api", period ?? Self.january)
        }
        return (grants, lines)
    }
}
