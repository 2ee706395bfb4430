/// What the versions of all tariffs take from the rest of the file.
struct BookRules {
    /// The currency of every amount.
    let currency: Currency
    /// What holds whatever the model.
    let terms: Terms
    /// The named calendars.
    let calendars: [String: DayCalendar]
    /// The channels that the book makes free.
    let freeChannels: [Identifier]
}

/// A version as it stands in the file, before it is known where the following one starts.
struct VersionDraft {
    let node: FileNode
    let from: Instant
    let until: Instant?
    let isAfterGap: Bool
    let source: String?
    let freeChannels: [Identifier]
    let rules: PriceRules
    let prices: UnitPriceTable
}

extension FileReader {
    /// A version, or nil when its start cannot be read.
    func version(_ node: FileNode, _ shared: BookRules, source: String?) -> VersionDraft? {
        let keys = [
            "from", "until", "after_gap", "source", "rates", "bands", "schedules", "multipliers", "tiers", "channels",
        ]
        guard let fields = fields(node, keys: keys) else { return nil }
        let from = instant(required(fields, "from", expected: "the instant from which the version holds"))
        let until = instant(fields["until"])
        let isAfterGap = word(fields["after_gap"], [("true", true), ("false", false)]) ?? false
        let base = required(fields, "rates", expected: "the rates per million tokens").map { rates($0) }
        let source = value(fields["source"], expected: "a text") { $0 } ?? source
        let channels = fields["channels"].map(freeChannels) ?? shared.freeChannels
        guard let base else { return nil }
        let bands = fields["bands"].map { self.bands($0, on: base) } ?? []
        let schedules =
            fields["schedules"].map { self.schedules($0, on: base, bands: bands, calendars: shared.calendars) } ?? []
        let multipliers = fields["multipliers"].map { self.multipliers($0, on: base) } ?? []
        let surroundings = TierSurroundings(
            currency: shared.currency, bands: bands, schedules: schedules.map(\.schedule))
        let rules = PriceRules(
            rates: base.rates, bands: bands, schedules: schedules.map(\.schedule), multipliers: multipliers,
            tiers: fields["tiers"].map { tiers($0, on: base, surroundings) } ?? [])
        let computed = UnitPriceTable.computed(rules, discount: shared.terms.discount)
        for fault in computed.faults.prefix(20) { report(fault, at: node, schedules) }
        checkFees(of: rules, shared.terms, at: node)
        guard let from else { return nil }
        if let until, until <= from {
            report(node, found: "an end at \(until)", expected: "an end after the start at \(from)")
            return nil
        }
        return VersionDraft(
            node: node, from: from, until: until, isAfterGap: isAfterGap, source: source, freeChannels: channels,
            rules: rules, prices: computed.table)
    }

    private func report(
        _ fault: PriceFault, at node: FileNode, _ schedules: [(schedule: Schedule, node: FileNode)]
    ) {
        switch fault {
        case .conflict(let tokenClass, let band, let schedule):
            report(
                schedules.first { $0.schedule.name == schedule }?.node ?? node, missing: "bands.\(band)",
                found: "rates for \(tokenClass.name) in both schedule \(schedule) and band \(band)",
                expected: "the rate that holds for both, under the schedule's bands")
        case .tierConflict(let tokenClass, let table, let step, let band, let schedule):
            let others = [band.map { "band \($0)" }, schedule.map { "schedule \($0)" }].compactMap(\.self)
            report(
                node, missing: "tiers.\(table)",
                found:
                    "rates for \(tokenClass.name) in step \(step + 1) and under \(others.joined(separator: " and "))",
                expected: "the rate that holds for both, under the step's combinations")
        case .notWhole(let name):
            report(node, found: "a price beyond 18 decimals a token for \(name)", expected: "an exact price")
        case .tooLarge(let name):
            report(node, found: "a price too large for 128 bits for \(name)", expected: "a smaller one")
        case .tooManyMultipliers(let count):
            report(
                node, missing: "multipliers", found: "\(count) multipliers",
                expected: "at most \(UnitPriceTable.maximumMultipliers)")
        case .tooManyCombinations(let count):
            report(
                node, found: "\(count) combinations of schedules, bands, tier steps and multipliers",
                expected: "at most \(UnitPriceTable.maximumRows)")
        }
    }

    /// The terms' discount must leave every fee and package a whole number of 10⁻¹⁸.
    private func checkFees(of rules: PriceRules, _ terms: Terms, at node: FileNode) {
        for table in rules.tiers {
            for (index, step) in table.steps.enumerated() {
                for tokenClass in TokenClass.allCases where table.classes[tokenClass] {
                    guard let factor = terms.discount[tokenClass] else { continue }
                    for units in [step.feeUnits, step.package?.units ?? 0] where (try? factor.applied(to: units)) == nil
                    {
                        report(
                            node, missing: "tiers.\(table.name)",
                            found: "a fee in step \(index + 1) beyond 18 decimals after the terms' discount",
                            expected: "an exact fee")
                    }
                }
            }
        }
    }

    /// `{web: free, api: listed}`: the free ones, in order.
    func freeChannels(_ node: FileNode) -> [Identifier] {
        let entries = entries(node, expected: "a mapping from channels to free or listed") ?? []
        return entries.compactMap { entry -> Identifier? in
            let isFree = word(entry.value, [("free", true), ("listed", false)]) ?? false
            return identifier(entry.key).flatMap { isFree ? $0 : nil }
        }.sorted()
    }

    /// Gives each version its end, and checks that they follow each other without overlap or silent gap.
    func versions(_ drafts: [VersionDraft]) -> [TariffVersion] {
        let spans = drafts.map {
            VersionSpan(node: $0.node, from: $0.from, until: $0.until, isAfterGap: $0.isAfterGap)
        }
        return zip(drafts, effectivePeriods(of: spans)).compactMap { draft, effective in
            effective.map { effective in
                TariffVersion(
                    effective: effective, source: draft.source, freeChannels: draft.freeChannels, rules: draft.rules,
                    prices: draft.prices, canonicalJSON: draft.canonicalJSON.text)
            }
        }
    }

    /// When each of some versions holds; where it has no end of its own, until the next one.
    func effectivePeriods(of spans: [VersionSpan]) -> [EffectivePeriod?] {
        for (earlier, later) in zip(spans, spans.dropFirst()) {
            let end = earlier.until ?? later.from
            if later.from <= earlier.from || later.from < end {
                report(
                    later.node, found: "a start at \(later.from)",
                    expected: "no overlap with the version before, from \(earlier.from) until \(max(end, earlier.from))"
                )
            } else if later.from > end, !later.isAfterGap {
                report(
                    later.node, found: "a gap after \(end)", expected: "a start at \(end), or after_gap: true")
            } else if later.from == end, later.isAfterGap {
                report(
                    later.node, found: "after_gap: true", expected: "a gap before it: the version before ends at \(end)"
                )
            }
        }
        if let first = spans.first, first.isAfterGap {
            report(first.node, found: "after_gap: true", expected: "a version before it")
        }
        let ends = spans.dropFirst().map { Optional($0.from) } + [nil]
        return zip(spans, ends).map { EffectivePeriod(from: $0.from, until: $0.until ?? $1) }
    }
}

/// When a version holds, as it stands in a file.
struct VersionSpan {
    let node: FileNode
    let from: Instant
    let until: Instant?
    let isAfterGap: Bool
}
