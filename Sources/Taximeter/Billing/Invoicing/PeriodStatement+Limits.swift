/// What plans' maximums take off and their minimums add.
///
/// Each plan has its own, over the segments whose versions have one. What they come to has its segment too, for the taxes that
/// hold there: what is beyond a maximum is what was used last; what is missing to a minimum belongs to each segment as the
/// minimum does.
extension PeriodStatement {
    /// A plan's limit in a period.
    private struct Limit {
        /// Whether it is that of the period's first plan that has one.
        let isFirst: Bool
        /// The segments in which it has one, in the order of time, and what each gives to it.
        var shares: [(segment: Int, amount: Money)] = []
        /// What all give, in whole minor units.
        var amount: Money

        var segments: [Int] { shares.map(\.segment) }
    }

    mutating func addMaximums() throws(MoneyError) {
        for limit in try limits(\.maximum) {
            var used: [Int: Money] = [:]
            var sum = Money.zero(limit.amount.currency)
            for line in lines where line.kind == .usage {
                guard let segment = line.segment, limit.segments.contains(segment) else { continue }
                used[segment] = try (used[segment] ?? .zero(sum.currency)) + line.amount
                sum = try sum + line.amount
            }
            guard try limit.amount.isLess(than: sum) else { continue }
            var beyond = try (sum - limit.amount).units
            for segment in limit.segments.reversed() {
                let part = Money(units: min(beyond, max(0, used[segment]?.units ?? 0)), sum.currency)
                beyond -= part.units
                try addLine(
                    .maximum, of: limit, in: segment, "Usage of \(sum) beyond the maximum of \(limit.amount)", -part)
            }
        }
    }

    mutating func addMinimums() throws(MoneyError) {
        for limit in try limits(\.minimum) {
            var sum = Money.zero(limit.amount.currency)
            for line in lines where line.segment.map(limit.segments.contains) == true { sum = try sum + line.amount }
            guard try sum.isLess(than: limit.amount) else { continue }
            let missing = try limit.amount - sum
            var whole = Money.zero(sum.currency)
            for share in limit.shares { whole = try whole + share.amount }
            var (shares, filled) = (Money.zero(sum.currency), Money.zero(sum.currency))
            for share in limit.shares {
                shares = try shares + share.amount
                let through = try missing.share(shares.units, of: whole.units, rounding: .halfAwayFromZero)
                    .rounded(rounding(of: share.segment))
                let part = try through - filled
                filled = through
                try addLine(
                    .minimum, of: limit, in: share.segment, "From \(sum) to the minimum of \(limit.amount)", part)
            }
        }
    }

    private mutating func addLine(
        _ kind: InvoiceLine.Kind, of limit: Limit, in segment: Int, _ words: String, _ amount: Money
    ) throws(MoneyError) {
        if amount.units == 0 { return }
        let (start, isWhole) = (period.segments[segment].range.lowerBound, period.segments.count == 1)
        let isMain = limit.isFirst && segment == limit.segments.last
        lines.append(
            try DueLine(
                kind, id: isMain ? kind.rawValue : "\(kind.rawValue)/\(start)", segment: segment,
                description: words + (isWhole ? "" : ", part from \(start)"), exact: amount,
                rounding: rounding(of: segment)))
    }

    private func limits(_ limit: KeyPath<PlanVersion, Money?>) throws(MoneyError) -> [Limit] {
        var limits: [(plan: Identifier, limit: Limit)] = []
        for (index, segment) in period.segments.enumerated() {
            guard let plan = segment.plan, let amount = segment.version?[keyPath: limit] else { continue }
            let share = share(of: index, by: .time)
            let part = try amount.share(share.part, of: share.whole, rounding: .halfAwayFromZero)
            let place = limits.firstIndex { $0.plan == plan } ?? limits.count
            if place == limits.count {
                limits.append((plan, Limit(isFirst: place == 0, amount: .zero(amount.currency))))
            }
            limits[place].limit.shares.append((index, part))
            limits[place].limit.amount = try limits[place].limit.amount + part
        }
        return try limits.map { _, limit throws(MoneyError) in
            var limit = limit
            if let last = limit.segments.last { limit.amount = try limit.amount.rounded(rounding(of: last)) }
            return limit
        }
    }
}
