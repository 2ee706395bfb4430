extension VersionDraft {
    /// The version by itself, with everything it takes from the rest of the file written out.
    var canonicalJSON: CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = [("from", .string("\(from)"))]
        if let until { fields.append(("until", .string("\(until)"))) }
        if isAfterGap { fields.append(("after_gap", .yes)) }
        if let source { fields.append(("source", .string(source))) }
        fields.append(("channels", .object(freeChannels.map { ($0.text, .string("free")) })))
        fields.append(("rates", rules.rates.canonical { .string($0.perMillion) }))
        if !rules.bands.isEmpty { fields.append(("bands", .list(rules.bands.map(\.canonicalJSON)))) }
        if !rules.schedules.isEmpty { fields.append(("schedules", .list(rules.schedules.map(\.canonicalJSON)))) }
        if !rules.multipliers.isEmpty {
            let members = rules.multipliers.map { ($0.name.text, $0.factors.canonical { .string("\($0)") }) }
            fields.append(("multipliers", .object(members)))
        }
        if !rules.tiers.isEmpty { fields.append(("tiers", .list(rules.tiers.map(\.canonicalJSON)))) }
        return .object(fields)
    }
}

extension Band {
    fileprivate var canonicalJSON: CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = [("name", .string(name.text))]
        if inputFrom > 0 { fields.append(("input", .object([("from", .number(inputFrom))]))) }
        if outputFrom > 0 { fields.append(("output", .object([("from", .number(outputFrom))]))) }
        return .object(fields + rules.canonicalFields)
    }
}

extension Schedule {
    fileprivate var canonicalJSON: CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = [
            ("name", .string(name.text)), ("time_zone", .string(window.zone.identifier)),
            ("from", .string("\(window.start)")), ("until", .string("\(window.end)")),
        ]
        if window.weekdays != .all {
            fields.append(("weekdays", .list(window.weekdays.days.map { .string("\($0)") })))
        }
        if !window.calendar.entries.isEmpty {
            let members = window.calendar.entries.map { entry in
                (entry.first == entry.last ? "\(entry.first)" : "\(entry.first)..\(entry.last)", entry.follows)
            }
            fields.append(("calendar", .object(members.map { ($0.0, .string("\($0.1)")) })))
        }
        fields += rules.canonicalFields
        if !bandRates.isEmpty {
            let members = bandRates.sorted { $0.key < $1.key }.map { band, rates in
                (band.text, rates.canonical { .string($0.perMillion) })
            }
            fields.append(("bands", .object(members)))
        }
        return .object(fields)
    }
}

extension PerClass {
    /// The classes that have a value, in their order.
    func canonical<Wrapped>(_ value: (Wrapped) -> CanonicalJSON) -> CanonicalJSON
    where Value == Wrapped? {
        .object(TokenClass.allCases.compactMap { name in self[name].map { (name.name, value($0)) } })
    }
}

extension PerClass<ClassRule?> {
    /// `rates` and `factors`, each by class; without any rule, rates that are empty.
    var canonicalFields: [(String, CanonicalJSON)] {
        let rates = PerClass<UnitPrice?> { if case .rate(let rate) = self[$0] { rate } else { nil } }
        let factors = PerClass<Factor?> { if case .factor(let factor) = self[$0] { factor } else { nil } }
        let hasFactors = TokenClass.allCases.contains { factors[$0] != nil }
        let hasRates = !hasFactors || TokenClass.allCases.contains { rates[$0] != nil }
        return (hasRates ? [("rates", rates.canonical { .string($0.perMillion) })] : [])
            + (hasFactors ? [("factors", factors.canonical { .string("\($0)") })] : [])
    }
}
