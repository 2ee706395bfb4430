import PostgresWire
import Taximeter

/// The sums of a simulation: of both sides, in total and by group.
struct SimulationTally {
    /// Sums by what a grouping tells usage apart by: a key, or an instant in microseconds.
    private typealias Groups = [Int64: [SimulatedUsage]]

    private let range: Range<Instant>
    private let nothing: [SimulatedUsage]
    private var total: [SimulatedUsage]
    private let groupings: [SimulationGrouping]
    private var groups: [Groups]

    /// - Parameter currencies: That of each side; nil where no book is loaded.
    init(range: Range<Instant>, groupings: [SimulationGrouping], currencies: [Currency?]) {
        self.range = range
        nothing = currencies.map { SimulatedUsage($0) }
        total = nothing
        self.groupings = SimulationGrouping.allCases.filter(groupings.contains)
        groups = self.groupings.map { _ in [:] }
    }

    /// Adds what a bucket comes to on one side, if it is in the range.
    mutating func add(_ charge: ChargeRow, side: Int) throws {
        if !range.contains(charge.bucket.key.slotStart) { return }
        try total[side].add(charge)
        for index in groupings.indices {
            try groups[index][charge.bucket.key.group(groupings[index]), default: nothing][side].add(charge)
        }
    }

    /// The result, with names for keys.
    func report(hasPendingWork: Bool, _ connection: Connection) throws -> SimulationReport {
        var rows: [SimulationGrouping: [SimulationRow]] = [:]
        for (grouping, groups) in zip(groupings, groups) {
            let names = try names(of: groups.keys.sorted(), grouping, connection)
            rows[grouping] = try names.map { key, name in try Self.row(name, groups[key] ?? nothing) }
        }
        return SimulationReport(
            total: try Self.row("total", total), rows: rows, hasPendingWork: hasPendingWork)
    }

    private static func row(_ key: String, _ sides: [SimulatedUsage]) throws -> SimulationRow {
        try SimulationRow(key: key, current: sides[0], simulated: sides[1])
    }

    /// Groups and what they are called, in order of names or of time.
    private func names(
        of keys: [Int64], _ grouping: SimulationGrouping, _ connection: Connection
    ) throws -> [(key: Int64, name: String)] {
        func stored(_ table: NameTable) throws -> [(key: Int64, name: String)] {
            try connection.query(ReadKeys(table: table, keys: keys)).sorted { $0.name < $1.name }.map {
                ($0.key, $0.name.text)
            }
        }
        return switch grouping {
        case .model: try stored(NameTable(table: "model"))
        case .account: try stored(NameTable(table: "account", nameColumn: "external_id"))
        case .hour: keys.map { ($0, Instant(microseconds: $0)?.description ?? "") }
        case .day: keys.map { ($0, CivilDate(daysSinceEpoch: $0).description) }
        }
    }
}

extension ChargeKey {
    /// What tells groups apart.
    fileprivate func group(_ grouping: SimulationGrouping) -> Int64 {
        switch grouping {
        case .model: Int64(modelKey)
        case .account: accountKey
        case .hour: slotStart.startOfHour.microseconds
        case .day: slotStart.day
        }
    }
}

extension SimulatedUsage {
    fileprivate mutating func add(_ charge: ChargeRow) throws {
        events += charge.bucket.events
        if let reason = charge.unpricedReason {
            unpriced[reason, default: 0] += charge.bucket.events
        } else if let net = charge.net, let sum = revenue {
            revenue = try sum + Money(units: net, sum.currency)
        }
    }
}
