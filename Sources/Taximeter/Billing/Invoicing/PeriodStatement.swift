/// All lines of a billing period, as if nothing of it had been billed: usage and committed volumes, fees, what the
/// plan's minimum and maximum make of them, and taxes.
///
/// Minimums, maximums and fees are shares of the whole period of the cycle.
struct PeriodStatement {
    let period: BillablePeriod
    let timeZone: TimeZoneRules
    /// How lines are rounded without terms in the plan: by the book.
    let bookRoundings: [Identifier: RoundingRule]
    var lines: [DueLine] = []

    /// The lines of a period.
    ///
    /// - Parameter onlyAhead: Only what is billed one period ahead; the usage is left out.
    init(
        _ period: BillablePeriod, in timeZone: TimeZoneRules, bookRoundings: [Identifier: RoundingRule],
        onlyAhead: Bool = false
    ) throws(MoneyError) {
        self.period = period
        self.timeZone = timeZone
        self.bookRoundings = bookRoundings
        if !onlyAhead { try addUsage() }
        try addFees(onlyAhead: onlyAhead)
        if !onlyAhead {
            try addMaximums()
            try addMinimums()
        }
        try addTaxes()
    }

    // MARK: Usage

    private mutating func addUsage() throws(MoneyError) {
        lines.reserveCapacity(period.usage.count + 4)
        for line in period.usage {
            let segment = period.segments.firstIndex { $0.range.contains(line.key.segmentStart) }
            let rule = segment.flatMap { period.segments[$0].version?.terms?.rounding }
            lines.append(
                try DueLine(
                    .usage, id: line.id, segment: segment, usage: line.key, description: line.key.words,
                    quantity: line.chargedTokens,
                    unitPrice: Money(units: line.unitPrice.unitsPerToken, line.net.currency), fees: line.fees,
                    exact: line.net, rounding: rule ?? bookRoundings[line.key.priceBook] ?? .halfAwayFromZero))
        }
    }

    // MARK: Fees

    private mutating func addFees(onlyAhead: Bool) throws(MoneyError) {
        for (index, segment) in period.segments.enumerated() {
            guard let plan = segment.plan, let version = segment.version else { continue }
            if let fee = version.recurringFee, fee.due == .inAdvance || !onlyAhead {
                let prefix = fee.due == .inAdvance ? DueLine.aheadPrefix : ""
                try addFee(
                    .recurringFee, id: "\(prefix)fee/\(segment.range.lowerBound)/\(plan)", index,
                    "\(plan), fee", fee.amount, fee.proration)
            }
            if onlyAhead { continue }
            for volume in version.committedVolumes {
                try addFee(
                    .committedVolume, id: "committed/\(segment.range.lowerBound)/\(volume.allowance.name)", index,
                    "\(plan), committed volume \(volume.allowance.name)", volume.fee,
                    version.recurringFee?.proration ?? .time)
            }
        }
    }

    private mutating func addFee(
        _ kind: InvoiceLine.Kind, id: String, _ segment: Int, _ words: String, _ fee: Money,
        _ proration: RecurringFee.Proration
    ) throws(MoneyError) {
        let share = share(of: segment, by: proration)
        if share.part == 0 { return }
        let isWhole = share.part == share.whole
        lines.append(
            try DueLine(
                kind, id: id, segment: segment, description: words + (isWhole ? "" : ", \(share) of \(fee)"),
                unitPrice: isWhole ? fee : nil,
                exact: try fee.share(share.part, of: share.whole, rounding: .halfAwayFromZero),
                rounding: rounding(of: segment)))
    }

    func share(of segment: Int, by proration: RecurringFee.Proration) -> PeriodShare {
        let continues = segment > 0 && period.segments[segment - 1].plan == period.segments[segment].plan
        return PeriodShare(
            of: period.segments[segment].range, in: period.whole, by: proration, on: timeZone, continues: continues)
    }

    // MARK: Taxes

    private mutating func addTaxes() throws(MoneyError) {
        for isAhead in [false, true] {
            var taxed: [(tax: PlanVersion.Tax, segment: Int, base: Money)] = []
            for line in lines where line.isAhead == isAhead {
                guard let segment = line.segment, let tax = period.segments[segment].version?.tax else { continue }
                if let index = taxed.firstIndex(where: { $0.tax == tax }) {
                    taxed[index].base = try taxed[index].base + line.amount
                } else {
                    taxed.append((tax, segment, line.amount))
                }
            }
            for (tax, segment, base) in taxed {
                let prefix = isAhead ? DueLine.aheadPrefix : ""
                lines.append(
                    try DueLine(
                        .tax, id: "\(prefix)tax/\(tax.rate)/\(tax.name)", segment: segment,
                        description: "\(tax.name): \(tax.rate) of \(base)",
                        exact: try tax.rate.applied(to: base, rounding: .halfAwayFromZero),
                        rounding: rounding(of: segment)))
            }
        }
    }

    func rounding(of segment: Int) -> RoundingRule {
        guard let version = period.segments[segment].version else { return .halfAwayFromZero }
        return version.terms?.rounding ?? bookRoundings[version.priceBook] ?? .halfAwayFromZero
    }
}
