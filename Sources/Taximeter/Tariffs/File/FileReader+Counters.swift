extension FileReader {
    /// Tables that count together at one time must charge alike where one of them has fees or packages: the token that
    /// starts a package pays for all of it, whichever table prices that token.
    func checkSharedCounters(_ tariffs: [(tariff: Tariff, node: FileNode)]) {
        var counted: [Identifier: [CountingTable]] = [:]
        for (tariff, node) in tariffs {
            for version in tariff.versions {
                for table in version.rules.tiers {
                    guard case .named(let counter) = table.counter else { continue }
                    let own = CountingTable(model: tariff.model, effective: version.effective, table: table)
                    if let other = counted[counter]?.first(where: { !$0.mayCount(with: own) }) {
                        report(
                            node,
                            found: "flat fees or packages over the counter \(counter), by which \(other.name) and "
                                + "\(own.name) charge differently",
                            expected: "a counter of its own for each, or the same mode, up_to, flat and package in both"
                        )
                    }
                    counted[counter, default: []].append(own)
                }
            }
        }
    }
}

/// A tier table with a named counter, and when it holds.
private struct CountingTable {
    let model: Identifier
    let effective: EffectivePeriod
    let table: TierTable

    /// What messages call it.
    var name: String { "tier table \(table.name) of \(model) \(effective)" }

    /// Whether every fee and package is paid once, whichever of the two prices the token that starts it.
    func mayCount(with other: CountingTable) -> Bool {
        if !effective.overlaps(other.effective) || !table.hasFees && !other.table.hasFees { return true }
        return table.mode == other.table.mode
            && table.steps.elementsEqual(other.table.steps) {
                $0.upTo == $1.upTo && $0.feeUnits == $1.feeUnits && $0.package == $1.package
            }
    }
}

extension TierTable {
    /// Whether some step has a fee or a package.
    var hasFees: Bool { steps.contains { $0.feeUnits > 0 || $0.package != nil } }
}
