extension FileReader {
    /// The whole file of a plan.
    func plan(_ node: FileNode) -> Plan? {
        guard let fields = fields(node, keys: ["plan", "currency", "versions"]) else { return nil }
        let name = identifier(required(fields, "plan", expected: "the plan's name"))
        let currency = value(
            required(fields, "currency", expected: "a currency code such as USD"),
            expected: "a currency code of ISO 4217, such as USD"
        ) { Currency(code: $0) }
        let versionsNode = required(fields, "versions", expected: "a list of versions")
        let items = versionsNode.flatMap { list($0, expected: "a list of versions") } ?? []
        if let versionsNode, case .list = versionsNode.content, items.isEmpty {
            report(versionsNode, found: "no version", expected: "at least one")
        }
        let drafts = items.compactMap { planVersion($0, currency ?? .usd) }
        let versions = zip(drafts, effectivePeriods(of: drafts.map(\.span))).compactMap { draft, effective in
            effective.map(draft.version)
        }
        guard let name, currency != nil else { return nil }
        return Plan(name: name, versions: versions)
    }

    /// A version before it is known where the following one starts.
    private struct Draft {
        let span: VersionSpan
        let version: (EffectivePeriod) -> PlanVersion
    }

    /// A version, or nil when its start cannot be read.
    private func planVersion(_ node: FileNode, _ currency: Currency) -> Draft? {
        let keys = [
            "from", "until", "after_gap", "price_book", "billing_period", "recurring_fee", "terms",
            "committed_volumes", "unlimited", "minimum", "maximum", "payment", "tax",
        ]
        guard let fields = fields(node, keys: keys) else { return nil }
        let from = instant(required(fields, "from", expected: "the instant from which the version holds"))
        let until = instant(fields["until"])
        let isAfterGap = word(fields["after_gap"], [("true", true), ("false", false)]) ?? false
        let book = identifier(required(fields, "price_book", expected: "the name of the price book that rates"))
        let cycle = fields["billing_period"].map(cycle) ?? .calendarMonth
        let fee = fields["recurring_fee"].flatMap { recurringFee($0, currency) }
        let terms = fields["terms"].map(terms)
        let volumes = fields["committed_volumes"].map { committedVolumes($0, currency) } ?? []
        checkNames(of: volumes, terms, at: fields["committed_volumes"])
        let isUnlimited = word(fields["unlimited"], [("true", true), ("false", false)]) ?? false
        if isUnlimited {
            for other in [fields["committed_volumes"], fields["maximum"]].compactMap(\.self) {
                report(other, expected: "nothing beside unlimited: usage costs nothing then")
            }
        }
        let minimum = fields["minimum"].flatMap { wholeAmount($0, currency) }
        let maximum = fields["maximum"].flatMap { wholeAmount($0, currency) }
        let payment = word(fields["payment"], PlanVersion.Payment.allCases.map { ($0.rawValue, $0) }) ?? .postpaid
        let tax = fields["tax"].flatMap(tax)
        guard let from, let book else { return nil }
        if let until, until <= from {
            report(node, found: "an end at \(until)", expected: "an end after the start at \(from)")
            return nil
        }
        return Draft(span: VersionSpan(node: node, from: from, until: until, isAfterGap: isAfterGap)) { effective in
            PlanVersion(
                effective: effective, priceBook: book, currency: currency, cycle: cycle, recurringFee: fee,
                terms: terms, committedVolumes: volumes, isUnlimited: isUnlimited, minimum: minimum,
                maximum: maximum, payment: payment, tax: tax)
        }
    }

    /// `month`, or `{length: month, anchor_day: 15}`, `{length: week, anchor_day: sunday}`.
    private func cycle(_ node: FileNode) -> BillingCycle {
        let lengths = BillingCycle.Length.allCases.map { ($0.rawValue, $0) }
        guard case .mapping = node.content else {
            return word(node, lengths).map { BillingCycle(length: $0) } ?? .calendarMonth
        }
        guard let fields = fields(node, keys: ["length", "anchor_day", "anchor_month"]) else { return .calendarMonth }
        let length =
            word(required(fields, "length", expected: "week, month, quarter or year"), lengths) ?? .month
        let month = number(fields["anchor_month"], in: 1...12) ?? 1
        if let node = fields["anchor_month"], fields["length"] != nil, length == .week || length == .month {
            report(node, expected: "an anchor month for quarters and years only")
        }
        let weekdays = Weekday.allCases.map { ("\($0)", Int($0.rawValue) + 1) }
        let day = length == .week ? word(fields["anchor_day"], weekdays) : number(fields["anchor_day"], in: 1...31)
        return BillingCycle(length: length, anchorDay: day ?? 1, anchorMonth: month)
    }

    private func number(_ node: FileNode?, in range: ClosedRange<Int>) -> Int? {
        value(node, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else { return nil }
            return range.contains(number) ? number : nil
        }
    }

    private func recurringFee(_ node: FileNode, _ currency: Currency) -> RecurringFee? {
        guard let fields = fields(node, keys: ["amount", "due", "prorated"]) else { return nil }
        let units = required(fields, "amount", expected: "the fee of a whole period").flatMap { amount($0, currency) }
        let due = word(fields["due"], RecurringFee.Due.allCases.map { ($0.rawValue, $0) })
        let proration = word(fields["prorated"], RecurringFee.Proration.allCases.map { ($0.rawValue, $0) })
        return units.map {
            RecurringFee(
                amount: Money(units: $0, currency), due: due ?? .inAdvance, proration: proration ?? .time)
        }
    }

    private func committedVolumes(_ node: FileNode, _ currency: Currency) -> [CommittedVolume] {
        (list(node, expected: "a list of committed volumes") ?? []).compactMap { node in
            let keys = ["name", "tokens", "order", "models", "classes", "fee", "overage"]
            guard let fields = fields(node, keys: keys) else { return nil }
            let volume = allowance(fields, span: .period, what: "committed volume")
            let fee = required(fields, "fee", expected: "what the volume costs a period").flatMap {
                amount($0, currency)
            }
            let overage = fields["overage"].map(factor)
            guard let volume, let fee else { return nil }
            return CommittedVolume(allowance: volume, fee: Money(units: fee, currency), overage: overage)
        }
    }

    /// What was used is kept by the name, so volumes and allowances of a plan need names of their own.
    private func checkNames(of volumes: [CommittedVolume], _ terms: Terms?, at node: FileNode?) {
        guard let node else { return }
        var names = Set(terms?.allowances.map(\.name) ?? [])
        for volume in volumes where !names.insert(volume.allowance.name).inserted {
            report(
                node, found: "a second allowance or volume \(volume.allowance.name)",
                expected: "a name of its own for each")
        }
    }

    /// An amount that an invoice can come to exactly.
    private func wholeAmount(_ node: FileNode, _ currency: Currency) -> Money? {
        let digits = currency.minorUnitDigits
        return value(node, expected: "an amount above 0 in \(currency), with at most \(digits) decimals") { text in
            guard let units = try? DecimalText.units(text, decimals: digits), units > 0 else { return nil }
            return try? Money(text, currency)
        }
    }

    private func tax(_ node: FileNode) -> PlanVersion.Tax? {
        guard let fields = fields(node, keys: ["name", "rate"]) else { return nil }
        let name = value(
            required(fields, "name", expected: "what the line says, such as VAT 19 %"),
            expected: "a text of 1 to \(Identifier.maximumByteCount) bytes, without NUL"
        ) { try? Identifier($0) }
        let rate = required(fields, "rate", expected: "the share of the net total, such as 0.19").map {
            reducing($0, expected: "a share from 0 to 1: 19 % are 0.19")
        }
        guard let name, let rate else { return nil }
        return PlanVersion.Tax(name: name.text, rate: rate)
    }
}
