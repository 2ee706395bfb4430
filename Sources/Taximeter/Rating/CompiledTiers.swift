/// The tier tables of a version, with the counters of the book that they and their neighbours read and advance.
final class CompiledTiers: Sendable {
    /// Everything that is asked for tokens of one class. Plain numbers, because it is read for every class of a bucket.
    struct ClassPlan: Sendable {
        /// The table's place in the version's rules; -1 where no table prices the class.
        var table = -1
        var isVolume = false
        var hasFees = false
        /// The counter that decides the step.
        var counter = 0
        /// Where the last token of each step but the last stands in ``CompiledTiers/bounds``.
        var bounds = 0..<0
        /// Where the counters that the class advances stand in ``CompiledTiers/counters``, priced by one or not.
        var counted = 0..<0
    }

    /// A plan for each class.
    let plans: PerClass<ClassPlan>
    let bounds: [Int64]
    let counters: [Int]
    /// Whether rating needs any of it.
    let isEmpty: Bool
    private let tables: [TierTable]
    private let discount: PerClass<Factor?>

    init(_ rules: PriceRules, tariff: Int, _ book: TierCounters, discount: PerClass<Factor?>) {
        var bounds: [Int64] = []
        var counters: [Int] = []
        plans = PerClass { tokenClass in
            var plan = ClassPlan()
            let own = rules.tierTable(of: tokenClass)
            if let own {
                plan.table = rules.tiers.firstIndex { $0.name == own.name } ?? -1
                plan.isVolume = own.mode == .volume
                plan.hasFees = own.hasFees
                plan.counter = book.index(of: own.counter, tariff, tokenClass) ?? 0
                plan.bounds = bounds.count..<bounds.count + own.steps.count - 1
                bounds += own.steps.compactMap(\.upTo)
            }
            let general = [TierCounter.tokenClass, .tariff, .book]
            let all = general + [own?.counter].compactMap(\.self).filter { !general.contains($0) }
            let start = counters.count
            counters += all.compactMap { book.index(of: $0, tariff, tokenClass) }
            plan.counted = start..<counters.count
            return plan
        }
        isEmpty = counters.isEmpty
        tables = rules.tiers
        self.bounds = bounds
        self.counters = counters
        self.discount = discount
    }

    /// The step of a token, counted from 1.
    @inline(__always)
    func step(_ plan: ClassPlan, ofToken number: Int64) -> Int {
        var index = plan.bounds.lowerBound
        while index < plan.bounds.upperBound, number > bounds[index] { index += 1 }
        return index - plan.bounds.lowerBound
    }

    /// Tokens at a position of the counter, all in one step, with the fees and packages that they start.
    ///
    /// A step's fee is due once, with the first token in it. A package that was started is used up before another one
    /// is. Neither is asked for twice because the version changes, nor forgotten.
    func pieceWithFees(
        _ plan: ClassPlan, _ tokenClass: TokenClass, step: Int, from position: Int64, tokens: Int64,
        _ fees: inout CounterFees?
    ) throws(MoneyError) -> Piece {
        var piece = Piece(tokens: tokens, step: step)
        let start = plan.isVolume || step == 0 ? 0 : bounds[plan.bounds.lowerBound + step - 1]
        let rules = tables[plan.table].steps[step]
        var paid: CounterFees
        if let fees { paid = fees } else { paid = try CounterFees(asIfBy: rules, from: start, at: position) }
        if rules.feeUnits > 0, start > paid.step {
            piece.fee = rules.feeUnits
            piece.contractedFee = reduced(rules.feeUnits, tokenClass)
            paid.step = start
        }
        if let package = rules.package {
            let end = try sum(position, tokens)
            let covered = paid.packageStep == start ? max(paid.covered, position) : position
            if end > covered {
                let started = package.started(end - covered)
                let (fee, overflow) = package.units.multipliedReportingOverflow(by: Int128(started))
                if overflow { throw .overflow }
                piece.fee = try sum(piece.fee, fee)
                // No more than the fee, so it fits.
                piece.contractedFee = try sum(
                    piece.contractedFee, reduced(package.units, tokenClass) * Int128(started))
                paid.covered = try package.end(started, from: covered)
                paid.packageStep = start
            }
        }
        fees = paid
        return piece
    }

    /// After the contract discount; loading made sure that this is exact.
    private func reduced(_ units: Int128, _ tokenClass: TokenClass) -> Int128 {
        guard let discount = discount[tokenClass] else { return units }
        return (try? discount.applied(to: units)) ?? units
    }
}

/// Tokens of one class in one step, or in no table.
struct Piece {
    let tokens: Int64
    /// The step's place in the class's table; -1 for none.
    var step = -1
    var fee: Int128 = 0
    var contractedFee: Int128 = 0
}

extension TierStep.Package {
    /// How many packages so many tokens start.
    fileprivate func started(_ count: Int64) -> Int64 { count == 0 ? 0 : (count - 1) / tokens + 1 }

    /// The last token of so many packages after a position.
    fileprivate func end(_ count: Int64, from position: Int64) throws(MoneyError) -> Int64 {
        let (length, overflow) = tokens.multipliedReportingOverflow(by: count)
        if overflow { throw .overflow }
        return try sum(position, length)
    }
}

/// What was paid over a counter in a period.
struct CounterFees: Sendable, Hashable {
    /// Where the latest step begins whose fee was paid; -1 for none.
    var step: Int64 = -1
    /// Where the step begins in which the last package was started; -1 for none.
    var packageStep: Int64 = -1
    /// The last token of that package.
    var covered: Int64 = 0

    /// Nothing yet.
    init() {}

    /// As if all tokens up to a position had been priced by the step that it is in.
    fileprivate init(asIfBy rules: TierStep, from start: Int64, at position: Int64) throws(MoneyError) {
        step = position > start ? start : start - 1
        guard let package = rules.package, position > start else { return }
        packageStep = start
        covered = try package.end(package.started(position - start), from: start)
    }
}

/// The counters that some tier table of a book reads, numbered.
struct TierCounters: Sendable {
    private enum Key: Hashable {
        case tokenClass(tariff: Int, TokenClass)
        case tariff(Int)
        case book
        case named(Identifier)

        init(_ counter: TierCounter, _ tariff: Int, _ tokenClass: TokenClass) {
            self =
                switch counter {
                case .tokenClass: .tokenClass(tariff: tariff, tokenClass)
                case .tariff: .tariff(tariff)
                case .book: .book
                case .named(let name): .named(name)
                }
        }
    }

    private var numbers: [Key: Int] = [:]
    /// Whether some table needs the period's total before anything is priced.
    private(set) var hasVolumeMode = false

    var count: Int { numbers.count }

    init(_ book: PriceBook) {
        for (index, tariff) in book.tariffs.enumerated() {
            for table in tariff.versions.flatMap(\.rules.tiers) {
                if table.mode == .volume { hasVolumeMode = true }
                for tokenClass in TokenClass.allCases where table.classes[tokenClass] {
                    let key = Key(table.counter, index, tokenClass)
                    if numbers[key] == nil { numbers[key] = numbers.count }
                }
            }
        }
    }

    /// The number of a counter, or nil when no table reads it.
    func index(of counter: TierCounter, _ tariff: Int, _ tokenClass: TokenClass) -> Int? {
        numbers[Key(counter, tariff, tokenClass)]
    }
}
