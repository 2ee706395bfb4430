/// Draws a place with the chance that its weight gives it, in constant time (Walker's alias method, in whole numbers;
/// Vose: A Linear Algorithm for Generating Random Numbers with a Given Distribution, 1991).
struct AliasTable: Sendable, Hashable {
    /// With which fraction of 2⁶⁴ a place stands for itself.
    private var thresholds: [UInt64]
    /// Which place it stands for otherwise.
    private var aliases: [Int32]

    /// A table of these weights; nil when they sum to zero or to 2⁶³ and more, or are more than a table has places for.
    init?(_ weights: [UInt64]) {
        let total = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
        guard total > 0, total < 1 << 63, weights.count < 1 << 31 else { return nil }
        var scaled = weights.map { UInt128($0) * UInt128(weights.count) }
        thresholds = Array(repeating: .max, count: weights.count)
        aliases = weights.indices.map { Int32($0) }
        var small = scaled.indices.filter { scaled[$0] < total }
        var large = scaled.indices.filter { scaled[$0] >= total }
        while let poor = small.popLast(), let rich = large.last {
            // The rich place fills up the poor one, and may become poor itself.
            thresholds[poor] = UInt64(truncatingIfNeeded: scaled[poor] << 64 / total)
            aliases[poor] = Int32(rich)
            scaled[rich] -= total - scaled[poor]
            if scaled[rich] < total {
                large.removeLast()
                small.append(rich)
            }
        }
    }

    /// How many places there are.
    var count: Int { thresholds.count }

    /// A place. One draw gives both the place and the fraction; where there is but one place, none is needed.
    func sample(_ random: inout SplitMix64) -> Int {
        if thresholds.count == 1 { return 0 }
        let draw = random.next().multipliedFullWidth(by: UInt64(thresholds.count))
        let place = Int(draw.high)
        return draw.low < thresholds[place] ? place : Int(aliases[place])
    }
}

/// Names with weights.
struct WeightedNames: Sendable, Hashable {
    let names: [Identifier]
    private let table: AliasTable

    /// Nil when the weights cannot be drawn by; see ``AliasTable``.
    init?(_ names: [Identifier], weights: [UInt64]) {
        guard names.count == weights.count, let table = AliasTable(weights) else { return nil }
        self.names = names
        self.table = table
    }

    /// One name, always.
    init(_ name: Identifier) {
        names = [name]
        table = .single
    }

    func sample(_ random: inout SplitMix64) -> Identifier { names[table.sample(&random)] }
}

extension AliasTable {
    /// One place.
    static let single = AliasTable()

    private init() {
        thresholds = [.max]
        aliases = [0]
    }
}
