extension ImportedVersion {
    /// The version in the price book's format.
    func yaml(isAfterGap: Bool, until: Instant?) -> YAMLText {
        var members: [(String, YAMLText)] = [("from", .plain("\(from)"))]
        if let until { members.append(("until", .plain("\(until)"))) }
        if isAfterGap { members.append(("after_gap", .plain("true"))) }
        members.append(("rates", Self.yaml(base[0])))
        let bands = self.bands
        if !bands.isEmpty {
            members.append(("bands", .list(bands.map { yaml($0.threshold, $0.index) })))
        }
        let schedules = self.schedules.flatMap { schedule in
            schedule.windows.map { yaml($0, schedule.rates, bands) }
        }
        if !schedules.isEmpty { members.append(("schedules", .list(schedules))) }
        if !multipliers.isEmpty {
            members.append(("multipliers", .inline(multipliers.map { ($0.name, yaml($0.factors)) })))
        }
        return .block(members)
    }

    /// The thresholds at which some standard rate changes, each with the place of its rates.
    private var bands: [(threshold: ImportedThreshold, index: Int)] {
        thresholds.enumerated().map { ($0.element, $0.offset + 1) }.filter { _, index in
            standard.contains { $0[index] != $0[index - 1] }
        }
    }

    private func name(_ threshold: ImportedThreshold) -> String {
        "\(threshold.isInclusive ? "from" : "over")_\(threshold.tokens)"
    }

    private func yaml(_ threshold: ImportedThreshold, _ index: Int) -> YAMLText {
        let bound = [(threshold.isInclusive ? "from" : "over", YAMLText.plain("\(threshold.tokens)"))]
        return .inline([
            ("name", .string(name(threshold))), ("input", .inline(bound)),
            ("rates", Self.yaml(Self.changes(from: base[0], to: base[index]))),
        ])
    }

    private func yaml(
        _ window: ImportedWindow, _ rates: SizedRates, _ bands: [(threshold: ImportedThreshold, index: Int)]
    ) -> YAMLText {
        var members: [(String, YAMLText)] = [
            ("name", .string(window.name)), ("time_zone", .string(timeZone)), ("from", .string("\(window.start)")),
            ("until", .string("\(window.end)")),
        ]
        if window.weekdays != .all {
            members.append(("weekdays", .inlineList(ImportedWindow.text(window.weekdays).map(YAMLText.string))))
        }
        let own = Self.changes(from: base[0], to: rates[0])
        members.append(("rates", Self.yaml(own)))
        // Under both a band and the schedule the schedule's rate would hold where only it has one, and the band's where
        // only that has one; where both have, or another rate holds, it is spelt out.
        let pairs = bands.compactMap { threshold, index -> (String, YAMLText)? in
            let banded = Self.changes(from: base[0], to: base[index])
            let pair = PerClass<UnitPrice?> { tokenClass in
                let isConflict = own[tokenClass] != nil && banded[tokenClass] != nil
                let told = own[tokenClass] ?? banded[tokenClass] ?? base[0][tokenClass]
                return isConflict || told != rates[index][tokenClass] ? rates[index][tokenClass] : nil
            }
            return pair == .all(nil) ? nil : (name(threshold), Self.yaml(pair))
        }
        if !pairs.isEmpty { members.append(("bands", .block(pairs))) }
        return .block(members)
    }

    /// One factor for all classes, or those of each.
    private func yaml(_ factors: PerClass<Factor?>) -> YAMLText {
        let known = TokenClass.allCases.compactMap { tokenClass in factors[tokenClass].map { (tokenClass, $0) } }
        if Set(known.map(\.1)).count == 1, let factor = known.first?.1 { return .plain("\(factor)") }
        // All rates are zero: any factor would do.
        if known.isEmpty { return .plain("1") }
        return .inline(known.map { ($0.0.name, .plain("\($0.1)")) })
    }

    private static func changes(from base: PerClass<UnitPrice?>, to rates: PerClass<UnitPrice?>)
        -> PerClass<UnitPrice?>
    { PerClass { rates[$0] == base[$0] ? nil : rates[$0] } }

    private static func yaml(_ rates: PerClass<UnitPrice?>) -> YAMLText {
        .inline(
            TokenClass.allCases.compactMap { tokenClass in
                rates[tokenClass].map { (tokenClass.name, .plain($0.perMillion)) }
            })
    }
}
