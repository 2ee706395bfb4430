/// What an account has, and what of it is spoken for. All amounts are of one currency.
public struct Balance: Sendable, Hashable {
    /// What is left of the credits that are valid now, and what the account is owed: by credit notes, or because it paid too
    /// much.
    public let credits: Money
    /// Charges that no invoice covers yet, up to the last usage that was rated.
    public let unbilled: Money
    /// Reservations that have not expired, settled ones included.
    public let reserved: Money
    /// Whether the account pays from its balance as it uses: by its plan, or for want of one.
    public let isPrepaid: Bool
    /// The hard spend limit of which the least is left, if there is one.
    public let limit: LimitLeft?
    /// Credits less what is unbilled and reserved; negative where more was used than there was.
    public let available: Money

    /// What is left of a hard spend limit.
    public struct LimitLeft: Sendable, Hashable {
        /// The limit's name.
        public let name: Identifier
        /// The limit less what the billing period has come to, and less what is reserved.
        public let left: Money

        /// What is left of a limit.
        public init(name: Identifier, left: Money) {
            self.name = name
            self.left = left
        }
    }

    /// A balance.
    ///
    /// - Throws: ``MoneyError`` when the amounts are too large, or of different currencies.
    public init(
        credits: Money, unbilled: Money, reserved: Money, isPrepaid: Bool, limit: LimitLeft? = nil
    ) throws(MoneyError) {
        self.credits = credits
        self.unbilled = unbilled
        self.reserved = reserved
        self.isPrepaid = isPrepaid
        self.limit = limit
        available = try credits - unbilled - reserved
        _ = try limit?.left.isLess(than: available)
    }

    /// The most that can still be reserved: what is available to a prepaid account, and what is left of hard limits. Nil
    /// where nothing bounds it.
    public var spendable: Money? {
        guard let limit else { return isPrepaid ? available : nil }
        return isPrepaid && available.units < limit.left.units ? available : limit.left
    }

    /// What can be paid back of a grant that was paid in: what is left of it, but no more than is available, in whole minor
    /// units. What was used and is not billed yet stays.
    public func refundable(of open: OpenGrant) -> Money {
        if open.grant.kind != .toppedUp || open.left.currency != available.currency {
            return .zero(open.left.currency)
        }
        return Money(units: max(0, min(open.left.units, available.units)), open.left.currency).withoutFractions
    }
}

extension Money {
    /// The amount without what is less than its minor unit.
    package var withoutFractions: Money {
        Money(units: units - units % Money.unit(decimals: currency.minorUnitDigits), currency)
    }
}
