/// The tier tables of a version, with the counters of the book that they and their neighbours read and advance.
struct CompiledTiers: Sendable {
    /// A table, prepared for one class.
    struct Table: Sendable {
        let place: Int
        let mode: TierMode
        /// The counter that decides the step.
        let counter: Int
        /// The last token of each step but the last.
        let bounds: [Int64]
        let steps: [TierStep]
        /// Each step's fee and package after the contract discount.
        let contractedFees: [Int128]
        let contractedPackages: [Int128]

        /// The step of a position: how many bounds the tokens up to it have passed.
        func step(ofToken number: Int64) -> Int {
            var step = 0
            while step < bounds.count, number > bounds[step] { step += 1 }
            return step
        }

        /// Tokens at a position of the counter, all in one step, with the fees and packages that they start.
        ///
        /// A fee is due with the token that enters the step; where the whole volume has one price, with the first token.
        func piece(_ step: Int, from position: Int64, tokens: Int64) throws(MoneyError) -> Piece {
            let start = mode == .volume || step == 0 ? 0 : bounds[step - 1]
            var piece = Piece(tokens: tokens, tier: RatedSlice.Tier(table: place, step: step))
            if position == start {
                piece.fee = steps[step].feeUnits
                piece.contractedFee = contractedFees[step]
            }
            if let package = steps[step].package {
                let started = package.started(position - start + tokens) - package.started(position - start)
                piece.fee = try sum(piece.fee, try Self.product(package.units, started))
                piece.contractedFee = try sum(piece.contractedFee, try Self.product(contractedPackages[step], started))
            }
            return piece
        }

        private static func product(_ units: Int128, _ count: Int64) throws(MoneyError) -> Int128 {
            let (product, overflow) = units.multipliedReportingOverflow(by: Int128(count))
            if overflow { throw .overflow }
            return product
        }
    }

    /// The table of each class.
    let tables: PerClass<Table?>
    /// The counters that the tokens of each class advance, whether or not they are priced by one.
    let counted: PerClass<[Int]>
    /// Whether rating needs any of it.
    let isEmpty: Bool

    init(_ rules: PriceRules, tariff: Int, _ counters: TierCounters, discount: PerClass<Factor?>) {
        tables = PerClass { tokenClass in
            rules.tiers.firstIndex { $0.classes[tokenClass] }.map { place in
                let table = rules.tiers[place]
                return Table(
                    place: place, mode: table.mode,
                    counter: counters.index(of: table.counter, tariff, tokenClass) ?? 0,
                    bounds: table.steps.compactMap(\.upTo), steps: table.steps,
                    contractedFees: table.steps.map { Self.reduced($0.feeUnits, discount[tokenClass]) },
                    contractedPackages: table.steps.map { Self.reduced($0.package?.units ?? 0, discount[tokenClass]) })
            }
        }
        counted = PerClass { tokenClass in
            let general = [TierCounter.tokenClass, .tariff, .book]
            let own = rules.tierTable(of: tokenClass)?.counter
            return (general + [own].compactMap(\.self).filter { !general.contains($0) }).compactMap {
                counters.index(of: $0, tariff, tokenClass)
            }
        }
        let counted = counted
        isEmpty = TokenClass.allCases.allSatisfy { counted[$0].isEmpty }
    }

    /// Loading made sure that this is exact.
    private static func reduced(_ units: Int128, _ discount: Factor?) -> Int128 {
        guard let discount else { return units }
        return (try? discount.applied(to: units)) ?? units
    }
}

/// Tokens of one class in one step, or in no table.
struct Piece {
    let tokens: Int64
    var tier: RatedSlice.Tier?
    var fee: Int128 = 0
    var contractedFee: Int128 = 0
}

extension TierStep.Package {
    /// How many packages so many tokens have started.
    fileprivate func started(_ count: Int64) -> Int64 { count == 0 ? 0 : (count - 1) / tokens + 1 }
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
