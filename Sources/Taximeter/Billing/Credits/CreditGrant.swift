/// Money that an account may use: given to it, or paid in. What is left of it is in the ledger.
public struct CreditGrant: Sendable, Hashable {
    /// Where it comes from.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Given away; what is not used in time is nobody's.
        case granted
        /// Paid in: what is left can be paid back, and what expires is revenue.
        case toppedUp = "topped_up"
    }

    /// Why something is not a grant.
    public enum Invalid: Error, Equatable, CustomStringConvertible {
        /// Nothing, or less.
        case notPositive(Money)
        /// Not whole minor units, of which invoices are made.
        case notWhole(Money)

        /// What was found, and what was expected.
        public var description: String {
            switch self {
            case .notPositive(let amount): "the amount is \(amount); expected more than zero"
            case .notWhole(let amount):
                "the amount is \(amount); expected at most \(amount.currency.minorUnitDigits) decimals, as on invoices"
            }
        }
    }

    /// The account.
    public let account: Identifier
    /// What tells it from the account's other grants: a payment's number, say. Granting it again does nothing.
    public let id: Identifier
    /// Where it comes from.
    public let kind: Kind
    /// How much.
    public let amount: Money
    /// Lower ones are used first.
    public let priority: Int32
    /// When it may be used. Paid-in money commonly has no beginning to speak of, so that it also pays for what was used
    /// before it came.
    public let effective: EffectivePeriod
    /// The models whose usage it pays for; empty for everything.
    public let models: Set<Identifier>
    /// The channels whose usage it pays for; empty for everything.
    public let channels: Set<Identifier>

    /// A grant.
    ///
    /// - Throws: ``Invalid`` for an amount that is not positive, or not of whole minor units.
    public init(
        account: Identifier, id: Identifier, kind: Kind, amount: Money, priority: Int32 = 0,
        effective: EffectivePeriod, models: Set<Identifier> = [], channels: Set<Identifier> = []
    ) throws(Invalid) {
        if amount.units <= 0 { throw .notPositive(amount) }
        if amount != amount.withoutFractions { throw .notWhole(amount) }
        self.account = account
        self.id = id
        self.kind = kind
        self.amount = amount
        self.priority = priority
        self.effective = effective
        self.models = models
        self.channels = channels
    }

    /// Whether it pays for some usage only, and so for no fee and no tax.
    public var isScoped: Bool { !models.isEmpty || !channels.isEmpty }

    /// Whether it is used before another grant: by priority; among equals given before paid in, then the one that expires
    /// first, then by id.
    public func isUsed(before other: CreditGrant) -> Bool {
        if priority != other.priority { return priority < other.priority }
        if kind != other.kind { return kind == .granted }
        let (expiry, otherExpiry) = (effective.until ?? .latest, other.effective.until ?? .latest)
        return expiry == otherExpiry ? id < other.id : expiry < otherExpiry
    }
}
