/// A priced bucket: what its usage comes to, or why it has no price.
public struct Charge: Sendable, Hashable {
    /// The bucket.
    public let bucket: UsageBucket
    /// Its amounts, or the code of the reason why there is no price; see ``UnpricedReason/code``.
    public let outcome: Outcome

    /// What rating a bucket came to.
    public enum Outcome: Sendable, Hashable {
        /// Exact amounts.
        case priced(Amounts)
        /// Why there is no price: a code of ``UnpricedReason``, `no_price_book`, or ``Charge/tooLarge``.
        case unpriced(String)
    }

    /// Why a whole billing period of an account has no price: some amount of it does not fit in 128 bits.
    public static let tooLarge = "amount_too_large"

    /// Exact amounts, at each step of the waterfall and by class.
    public struct Amounts: Sendable, Hashable {
        /// The currency of all of them.
        public let currency: Currency
        /// In 10⁻¹⁸ units: theoretical, list, monetised, scheduled, tiered, contracted, net, then net by ``TokenClass``.
        public let units: [Int128]

        /// Amounts that a store kept.
        public init(currency: Currency, units: [Int128]) {
            self.currency = currency
            self.units = units
        }

        /// The amounts of rated usage.
        public init(_ rated: PeriodAmounts) {
            currency = rated.request.currency
            let waterfall = rated.waterfall
            units = waterfall.indices.map { waterfall[$0] }
        }
    }

    /// A charge.
    public init(bucket: UsageBucket, outcome: Outcome) {
        self.bucket = bucket
        self.outcome = outcome
    }
}

extension PeriodAmounts {
    /// The amounts, in the order of ``Charge/Amounts/units``.
    package var waterfall: [12 of Int128] {
        [
            request.theoreticalUnits, request.listUnits, request.monetisedUnits, request.scheduledUnits,
            tieredUnits, contractedUnits, netUnits, netUnitsByClass[.cacheHit], netUnitsByClass[.cacheMiss],
            netUnitsByClass[.cacheWrite], netUnitsByClass[.cacheWrite1h], netUnitsByClass[.output],
        ]
    }
}

extension PeriodRater.Outcome {
    /// What a usage is charged, by its place in what was given.
    public func charge(_ index: Int) -> Charge.Outcome {
        switch self[index] {
        case .priced(let amounts): .priced(Charge.Amounts(amounts))
        case .unpriced(let reason): .unpriced(reason.code)
        }
    }
}
