/// A grant of which something is left.
public struct OpenGrant: Sendable, Hashable {
    /// The grant.
    public let grant: CreditGrant
    /// What is left of it.
    public let left: Money

    /// A grant and what is left of it.
    public init(grant: CreditGrant, left: Money) {
        self.grant = grant
        self.left = left
    }
}

/// Usage of a period that some grants may pay for which are each valid for a part of it alone: within validity and scope of
/// these, and of no others of the account.
public struct SharedUsage: Sendable, Hashable {
    /// The grants.
    public let grants: Set<Identifier>
    /// What it comes to, exact.
    public let amount: Money

    /// Usage within validity and scope of some grants.
    public init(grants: Set<Identifier>, amount: Money) {
        self.grants = grants
        self.amount = amount
    }
}

/// What a grant pays of an invoice.
public struct CreditUse: Sendable, Hashable {
    /// The grant.
    public let grant: Identifier
    /// How much; more than zero.
    public let amount: Money
    /// Of which lines.
    public let shares: [Share]

    /// What it pays of a line.
    public struct Share: Sendable, Hashable {
        /// The line's place in the invoice.
        public let line: Int
        /// How much of it.
        public let amount: Money
    }
}

/// Decides which grants pay for an invoice.
public enum CreditPlanner {
    /// What each grant pays of which lines. A function of what it is given: nothing is decided by the clock.
    ///
    /// Grants are used one after another (``CreditGrant/isUsed(before:)``), each on the lines in their order. Never more
    /// than is left of a grant, than a line comes to, or than the invoice: what is taken off by some lines is not paid.
    /// A grant with a scope pays usage within it; one without pays fees and taxes too. A line of the invoice's own period
    /// is paid by a grant that is valid at some time of it, up to what was used in that time, rounded down; a fee billed
    /// ahead, by one that is valid when its period begins; an adjustment of an earlier period, by one that is valid
    /// throughout it. What one grant has paid of the usage within its validity is not there for the next, so a grant pays usage
    /// that fewest others may pay for first.
    ///
    /// - Parameters:
    ///   - grants: In any order.
    ///   - lines: All of the invoice.
    ///   - period: The period that the invoice closes.
    ///   - shared: All usage of the period within validity and scope of the grants that are valid for a part of it.
    /// - Returns: In the order of use; grants that pay nothing are left out.
    /// - Throws: ``MoneyError``, also when grants and lines are not of one currency.
    public static func use(
        grants: [OpenGrant], lines: [PayableLine], at period: BillingPeriod, shared: [SharedUsage] = []
    ) throws(MoneyError) -> [CreditUse] {
        guard let currency = lines.first?.amount.currency else { return [] }
        var total = Money.zero(currency)
        for line in lines { total = try total + line.amount }
        if total.units <= 0 { return [] }
        var payable = try PayableLine.payable(lines)
        var uses: [CreditUse] = []
        // In an order that nothing but the grants decides.
        var parts = shared.map { (grants: $0.grants.sorted(), left: $0.amount.units) }.sorted {
            $0.grants.count == $1.grants.count
                ? $0.grants.lexicographicallyPrecedes($1.grants) : $0.grants.count < $1.grants.count
        }
        for open in grants.sorted(by: { $0.grant.isUsed(before: $1.grant) }) {
            var left = try (Money.zero(currency) + open.left).units
            let mine = parts.indices.filter { parts[$0].grants.contains(open.grant.id) }
            let within = Money(units: mine.reduce(0) { $0 + parts[$1].left }, currency).withoutFractions.units
            let most = open.grant.isValidThroughout(period) ? left : within
            var ofPeriod = most
            var shares: [CreditUse.Share] = []
            for (index, line) in lines.enumerated() where open.grant.mayPay(line, of: period) {
                let isOfPeriod = line.period == period
                let part = min(payable[index], left, isOfPeriod ? ofPeriod : left)
                if part <= 0 { continue }
                payable[index] -= part
                left -= part
                if isOfPeriod { ofPeriod -= part }
                shares.append(CreditUse.Share(line: index, amount: Money(units: part, currency)))
            }
            var paid = most - ofPeriod
            for part in mine {
                let taken = min(parts[part].left, paid)
                parts[part].left -= taken
                paid -= taken
            }
            // Cannot overflow: together they are at most what was left.
            let amount = shares.reduce(0) { $0 + $1.amount.units }
            if amount == 0 { continue }
            uses.append(CreditUse(grant: open.grant.id, amount: Money(units: amount, currency), shares: shares))
        }
        return uses
    }
}

extension CreditGrant {
    /// Whether it is valid for the whole period, and so may pay all of it.
    package func isValidThroughout(_ period: BillingPeriod) -> Bool {
        effective.from <= period.start && (effective.until.map { $0 >= period.end } ?? true)
    }

    /// Whether a line of an invoice that closes a period is one that the grant pays for.
    func mayPay(_ line: PayableLine, of period: BillingPeriod) -> Bool {
        if isScoped {
            guard let usage = line.usage, models.isEmpty || models.contains(usage.model),
                channels.isEmpty || channels.contains(usage.channel)
            else { return false }
        }
        if line.period.start > period.start { return effective.contains(line.period.start) }
        let common = effective.clamped(line.period.range)
        return line.period.start < period.start ? common == line.period.range : common != nil
    }
}
