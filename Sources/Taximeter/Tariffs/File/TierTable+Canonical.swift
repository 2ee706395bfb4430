extension TierTable {
    var canonicalJSON: CanonicalJSON {
        .object([
            ("name", .string(name.text)), ("counter", .string(counter.name)), ("classes", classes.canonicalNames),
            ("mode", .string(mode.rawValue)), ("steps", .list(steps.map(\.canonicalJSON))),
        ])
    }
}

extension TierStep {
    fileprivate var canonicalJSON: CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = []
        if let upTo { fields.append(("up_to", .number(upTo))) }
        if let package {
            let price = DecimalText.text(package.units, decimals: Money.decimals)
            fields.append(("package", .object([("tokens", .number(package.tokens)), ("price", .string(price))])))
        } else if TokenClass.allCases.contains(where: { rules[$0] != nil }) {
            fields += rules.canonicalFields
        }
        if !combinations.isEmpty { fields.append(("combinations", .list(combinations.map(\.canonicalJSON)))) }
        if feeUnits > 0 { fields.append(("flat", .string(DecimalText.text(feeUnits, decimals: Money.decimals)))) }
        return .object(fields)
    }
}

extension TierStep.Combination {
    fileprivate var canonicalJSON: CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = []
        if let band { fields.append(("band", .string(band.text))) }
        if let schedule { fields.append(("schedule", .string(schedule.text))) }
        return .object(fields + [("rates", rates.canonical { .string($0.perMillion) })])
    }
}

extension PerClass<Bool> {
    /// The names of the classes in the set, in their order.
    var canonicalNames: CanonicalJSON {
        .list(TokenClass.allCases.compactMap { self[$0] ? .string($0.name) : nil })
    }
}
