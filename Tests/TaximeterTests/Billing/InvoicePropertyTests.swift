import TestKit
import Testing

@testable import Taximeter

/// Whatever happens to an account, and however often and when it is billed: in the end every line has come to what one
/// run over the final history would have billed, and the ledger to what the invoices say.
@Suite struct InvoicePropertyTests {
    @Test func anyHistoryComesToTheSame() async throws {
        try await withSeed { generator in
            for _ in 0..<150 {
                var account = try RandomAccount(seed: generator.next())
                for _ in 0..<account.dice.whole(4...25) { try account.step() }
                try account.finish()
            }
        }
    }
}

/// An account to which things happen at random; `finish` closes it.
struct RandomAccount {
    var dice: Dice
    var history = AccountHistory()
    /// How many periods have ended, the last of which may not be billed.
    var ended = 1

    init(seed: UInt64) throws {
        dice = Dice(seed: seed)
        for month in 1...7 {
            let period = try Bills.month("2026-\(decimal(Int64(month), width: 2))")
            history.periods.append(BillablePeriod(period: period, segments: try segments(of: period), usage: []))
        }
    }

    mutating func step() throws {
        switch dice.whole(0...9) {
        case 0...3: try change(dice.whole(0...ended - 1))
        case 4: try changePlan(dice.whole(0...ended))
        case 5...7:
            try bill(dice.whole(0...ended - 1))
            // The last two are kept: one to end with, and one more for fees in advance.
            if ended < history.periods.count - 2, dice.chance(1, in: 2) { ended += 1 }
        default:
            let open = history.entries.indices.filter { !history.entries[$0].isVoid }
            if !open.isEmpty { try history.void(dice.one(of: open)) }
        }
        try checkLedger()
    }

    /// Late usage, or a correction.
    private mutating func change(_ index: Int) throws {
        let period = history.periods[index]
        var usage = period.usage
        if !usage.isEmpty, dice.chance(1, in: 3) {
            usage.remove(at: dice.whole(0...usage.count - 1))
        }
        let segment = dice.one(of: period.segments)
        let line = try Bills.usage(
            dice.whole(0...5_000), at: dice.one(of: ["0.001", "0.00000014", "0.011", "1.005", "0"]),
            model: dice.one(of: ["a", "b"]), in: period.period, from: segment.range.lowerBound)
        if !usage.contains(where: { $0.id == line.id }) { usage.append(line) }
        history.periods[index] = BillablePeriod(period: period.period, segments: period.segments, usage: usage)
    }

    private mutating func changePlan(_ index: Int) throws {
        let period = history.periods[index]
        history.periods[index] = BillablePeriod(
            period: period.period, segments: try segments(of: period.period), usage: period.usage)
    }

    private mutating func segments(of period: BillingPeriod) throws -> [PlanSegment] {
        var starts = [period.start]
        if dice.chance(1, in: 2) {
            let length = period.end.microseconds - period.start.microseconds
            starts.append(Instant(unchecked: period.start.microseconds + dice.whole(1...length - 1)))
        }
        return try starts.indices.map { index in
            let range = starts[index]..<(index + 1 < starts.count ? starts[index + 1] : period.end)
            if dice.chance(1, in: 4) { return PlanSegment(range: range, plan: nil, version: nil) }
            let fee = try Bills.fee(
                dice.one(of: ["20", "9.99"]), dice.one(of: RecurringFee.Due.allCases),
                dice.one(of: RecurringFee.Proration.allCases))
            let terms = Terms(
                discount: .all(nil), allowances: [], quantities: .everyToken,
                rounding: dice.one(of: RoundingRule.allCases))
            let version = try Bills.version(
                fee: dice.chance(2, in: 3) ? fee : nil, terms: dice.chance(1, in: 2) ? terms : nil,
                minimum: dice.chance(1, in: 3) ? "50" : nil, maximum: dice.chance(1, in: 3) ? "1000" : nil,
                tax: dice.chance(1, in: 2) ? dice.one(of: ["0.19", "0.0825"]) : nil)
            return PlanSegment(range: range, plan: try Identifier(dice.one(of: ["pro", "max"])), version: version)
        }
    }

    private mutating func bill(_ index: Int) throws {
        let isBilled = history.entries.contains {
            !$0.isVoid && $0.invoice.period == history.periods[index].period
        }
        if isBilled { return }
        _ = try history.close(index)
        #expect(try history.draft(index) == nil, "a second run bills something; \(dice)")
    }

    /// What is owed and earned is what the invoices that hold say.
    private func checkLedger() throws {
        var (total, taxes) = (Money.zero(.usd), Money.zero(.usd))
        for entry in history.entries where !entry.isVoid {
            total = try total + entry.invoice.total
            for line in entry.invoice.lines where line.kind == .tax { taxes = try taxes + line.amount }
        }
        #expect(try history.balance(.receivable) == total, "\(dice)")
        #expect(try history.balance(.tax) == -taxes, "\(dice)")
        var sum = Money.zero(.usd)
        for account in LedgerAccount.allCases { sum = try sum + history.balance(account) }
        #expect(sum.units == 0, "\(dice)")
        #expect(Set(history.transfers.map(\.id)).count == history.transfers.count, "\(dice)")
    }

    mutating func finish() throws {
        let last = history.periods.count - 2
        // Two: what the first one adds to the base of nothing is nothing.
        _ = try history.close(last)
        try checkLedger()
        #expect(try history.draft(last) == nil, "\(dice)")

        let atOnce = try history.generator.invoice(
            closing: history.periods[last], next: history.periods[last + 1], earlier: Array(history.periods[..<last]),
            billed: [])
        var expected: [String: InvoiceLine] = [:]
        for line in atOnce?.lines ?? [] { expected["\(line.period.start) \(line.id)"] = line }
        for line in try history.billed {
            let once = expected.removeValue(forKey: "\(line.period.start) \(line.id)")
            #expect(line.amount == once?.amount ?? .zero(.usd), "\(line.period.start) \(line.id); \(dice)")
            #expect(line.exact == once?.exact ?? .zero(.usd), "\(line.period.start) \(line.id); \(dice)")
            #expect(line.quantity == once?.quantity ?? 0, "\(line.period.start) \(line.id); \(dice)")
        }
        #expect(expected.isEmpty, "\(expected.keys); \(dice)")

        // Only what is for the period to come is not earned yet.
        var ahead = Money.zero(.usd)
        for line in atOnce?.lines ?? [] where line.kind != .tax && line.period == history.periods[last + 1].period {
            ahead = try ahead + line.amount
        }
        #expect(try history.balance(.deferredRevenue) == -ahead, "\(dice)")
    }
}
