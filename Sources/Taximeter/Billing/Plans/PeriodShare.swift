/// The share of its cycle's whole period that a part of a billing period is, in lowest terms: what is due for the part, and
/// what is given.
struct PeriodShare: CustomStringConvertible {
    let part: Int128
    /// At least 1.
    let whole: Int128

    /// `1/2`.
    var description: String { "\(part)/\(whole)" }

    /// The share of a part.
    ///
    /// - Parameters:
    ///   - part: Within the whole: a segment, or several.
    ///   - whole: The whole period of the cycle: a period that a change cut short is no whole one.
    ///   - proration: By microseconds, by days on the account's clock that the part touches, or as if it were the whole.
    ///   - continues: Whether the same plan held just before, in another version, and goes on: a day or a period that both
    ///     touch counts once, as the earlier part's.
    init(
        of part: Range<Instant>, in whole: BillingPeriod, by proration: RecurringFee.Proration, on zone: TimeZoneRules,
        continues: Bool
    ) {
        switch proration {
        case .none: self.init(continues ? 0 : 1, of: 1)
        case .time: self.init(Self.length(part), of: Self.length(whole.range))
        case .days:
            let first = zone.day(of: part.lowerBound)
            let isShared = continues && zone.day(before: part.lowerBound) == first
            let days = zone.day(before: part.upperBound) - first + (isShared ? 0 : 1)
            self.init(max(0, days), of: zone.day(before: whole.end) - zone.day(of: whole.start) + 1)
        }
    }

    private init(_ part: Int64, of whole: Int64) {
        var (a, b) = (part, whole)
        while b != 0 { (a, b) = (b, a % b) }
        self.part = Int128(part / max(a, 1))
        self.whole = Int128(whole / max(a, 1))
    }

    private static func length(_ range: Range<Instant>) -> Int64 {
        range.upperBound.microseconds - range.lowerBound.microseconds
    }
}
