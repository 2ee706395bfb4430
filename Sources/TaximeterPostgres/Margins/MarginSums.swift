import PostgresWire
import Taximeter

/// What the margin tables sum of charges, and the cost that was allocated to them.
struct MarginSums {
    /// Counts, as `charge` has them but for the last.
    static let counts = BucketRow.sums + ["unpriced_events"]
    /// Amounts at each step of the waterfall, and what each token class has of the last.
    static let amounts = ChargeRow.amountColumns
    /// Costs, in the order of ``AllocatedCost/units``.
    static let costs =
        TokenClass.allCases.map { BucketRow.column(of: $0).replacing("_tokens", with: "_cost") }
        + ["idle_cost", "headroom_cost"]
    /// The columns of all three, in the order in which a row is written.
    static let columns = counts + amounts + costs

    /// By place in ``counts``.
    private(set) var counts: [8 of Int128] = .init(repeating: 0)
    /// By place in ``amounts``, in 10⁻¹⁸ units.
    private(set) var amounts: [12 of Int128] = .init(repeating: 0)
    /// nil where the cost in this currency is not known.
    private(set) var cost: AllocatedCost?

    /// Nothing, at an unknown cost.
    init() {}

    /// What one charge comes to.
    ///
    /// - Parameters:
    ///   - row: Has ``BucketRow/sums``, then ``amounts``, NULL where there is no price.
    ///   - first: The first of these columns.
    init(_ row: borrowing ResultRow, from first: Int) throws(PostgresError) {
        for index in 0..<7 { counts[index] = Int128(try row.get(first + index, as: Int64.self)) }
        guard try row.get(first + 7, as: Numeric?.self) != nil else {
            counts[7] = counts[0]
            return
        }
        for index in amounts.indices { amounts[index] = try row.units(first + 7 + index) }
    }

    /// The tokens by class.
    ///
    /// - Throws: ``MoneyError/overflow`` when a count does not fit in 64 bits.
    func tokens() throws(MoneyError) -> TokenCounts {
        var tokens = TokenCounts()
        for (index, tokenClass) in TokenClass.allCases.enumerated() {
            guard let count = Int64(exactly: counts[2 + index]) else { throw .overflow }
            tokens[tokenClass] = count
        }
        return tokens
    }

    /// Adds what others come to. A cost that is not known adds nothing.
    mutating func add(_ other: MarginSums) throws(MoneyError) {
        for index in counts.indices { counts[index] = try Self.sum(counts[index], other.counts[index]) }
        for index in amounts.indices { amounts[index] = try Self.sum(amounts[index], other.amounts[index]) }
        if let cost = other.cost { try add(cost) }
    }

    /// Adds a cost, which is known from then on.
    mutating func add(_ other: AllocatedCost) throws(MoneyError) {
        var sum = cost ?? AllocatedCost()
        try sum.add(other)
        cost = sum
    }

    private static func sum(_ left: Int128, _ right: Int128) throws(MoneyError) -> Int128 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw .overflow }
        return sum
    }

    /// Appends ``columns``.
    func append(to writer: inout CopyWriter) throws {
        for index in counts.indices { try writer.append(Numeric(units: counts[index], scale: 0)) }
        for index in amounts.indices { try writer.append(Numeric(units: amounts[index])) }
        guard let cost else {
            for _ in Self.costs { writer.appendNull() }
            return
        }
        for tokenClass in TokenClass.allCases { try writer.append(Numeric(units: cost[tokenClass])) }
        try writer.append(Numeric(units: cost.idle))
        try writer.append(Numeric(units: cost.headroom))
    }
}

/// Whose usage and cost it is. Keys are 0 for nobody's.
struct MarginKey: Hashable {
    let accountKey: Int64
    let modelKey: Int32
    let channelKey: Int32
    let currency: Currency?

    /// The same for all accounts.
    var ofAllAccounts: MarginKey {
        MarginKey(accountKey: 0, modelKey: modelKey, channelKey: channelKey, currency: currency)
    }
}

/// Sums by whose they are, in the order in which they came. Sums are large: in an array, with their places beside it, they
/// take half the memory that a dictionary of them would.
struct MarginSumTable {
    private var places: [MarginKey: Int32] = [:]
    private(set) var keys: [MarginKey] = []
    private var sums: [MarginSums] = []

    subscript(key: MarginKey) -> MarginSums? { places[key].map { sums[Int($0)] } }

    /// All rows.
    var rows: some Sequence<(MarginKey, MarginSums)> { zip(keys, sums) }
    var isEmpty: Bool { keys.isEmpty }

    /// Adds usage.
    mutating func add(_ other: MarginSums, to key: MarginKey) throws(MoneyError) { try sums[place(key)].add(other) }

    /// Adds a cost, which is known from then on.
    mutating func add(_ cost: AllocatedCost, to key: MarginKey) throws(MoneyError) { try sums[place(key)].add(cost) }

    private mutating func place(_ key: MarginKey) -> Int {
        if let known = places[key] { return Int(known) }
        places[key] = Int32(truncatingIfNeeded: keys.count)
        keys.append(key)
        sums.append(MarginSums())
        return keys.count - 1
    }
}
