import PostgresWire
import Taximeter

/// The names by which usage is put in order, so that ties of an allocation go the same way in every store.
struct MarginNames {
    /// In order of their names; their places are what the allocator calls them.
    let models: [(key: Int32, name: Identifier)]
    private let modelPlaces: [Int32: Int]
    private let placesByName: [Identifier: Int]
    private let channelPlaces: [Int32: Int]
    private let accountPlaces: [Int64: Int]

    /// Accounts without charges in the range come last. Models that only nodes have, and the store has given no key, are
    /// nobody's.
    init(of range: Range<Instant>, assigned: Set<Identifier>, _ connection: Connection) throws {
        let known = try connection.query(ReadKeys(allOf: NameTable(table: "model")))
        let unknown = assigned.subtracting(known.map(\.name))
        models =
            (known.map { (key: Int32(truncatingIfNeeded: $0.key), name: $0.name) } + unknown.map { (key: 0, name: $0) })
            .sorted { $0.name < $1.name }
        modelPlaces = Self.places(models.map(\.key))
        placesByName = Self.places(models.map(\.name))
        let channels = try connection.query(ReadKeys(allOf: NameTable(table: "channel"))).sorted { $0.name < $1.name }
        channelPlaces = Self.places(channels.map { Int32(truncatingIfNeeded: $0.key) })
        accountPlaces = Self.places(try connection.query(ReadChargedAccounts(range: range)))
    }

    private static func places<Key: Hashable>(_ keys: [Key]) -> [Key: Int] {
        Dictionary(keys.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
    }

    func place(ofModel key: Int32) throws -> Int {
        guard let place = modelPlaces[key] else {
            throw StoreError(.schemaChanged, "a charge has a key that no dictionary table has: restore the database")
        }
        return place
    }

    func place(ofModel name: Identifier) -> Int? { placesByName[name] }

    /// Where usage stands in the order of account, model and channel.
    func places(of key: MarginKey) throws -> (Int, Int, Int) {
        (
            accountPlaces[key.accountKey] ?? .max, try place(ofModel: key.modelKey),
            channelPlaces[key.channelKey] ?? .max
        )
    }
}

/// The usage of an hour and the cost allocated to it, by account, model, channel and currency.
struct MarginHour {
    private(set) var table: MarginSumTable

    /// Splits the hour's cost over its usage.
    init(
        _ usage: MarginSumTable, _ lines: [CostAllocator.Line], _ policy: AllocationPolicy, _ names: MarginNames
    ) throws {
        table = usage
        try allocate(lines, policy, names)
    }

    private mutating func allocate(
        _ lines: [CostAllocator.Line], _ policy: AllocationPolicy, _ names: MarginNames
    ) throws {
        if lines.isEmpty { return }
        var usage: [CostAllocator.Usage] = []
        var users: [MarginKey] = []
        for key in try inOrder(names) {
            let tokens = try table[key]?.tokens() ?? TokenCounts()
            if let last = users.last, last.isUser(of: key) {
                for tokenClass in TokenClass.allCases {
                    let (sum, overflow) = usage[usage.count - 1].tokens[tokenClass]
                        .addingReportingOverflow(tokens[tokenClass])
                    if overflow { throw MoneyError.overflow }
                    usage[usage.count - 1].tokens[tokenClass] = sum
                }
            } else {
                usage.append(CostAllocator.Usage(model: try names.place(ofModel: key.modelKey), tokens: tokens))
                users.append(key)
            }
        }
        let allocator = CostAllocator(policy, models: names.models.map(\.name))
        for outcome in try allocator.allocate(lines, over: usage) {
            // Known for all of the hour that is in this currency, if only as nothing.
            for key in table.keys where key.currency == outcome.currency { try table.add(AllocatedCost(), to: key) }
            for (user, cost) in zip(users, outcome.ofUsage) where !cost.isZero {
                try add(cost, to: user, in: outcome.currency)
            }
            for (model, cost) in outcome.apart {
                let nobody = MarginKey(
                    accountKey: 0, modelKey: model.map { names.models[$0].key } ?? 0, channelKey: 0, currency: nil)
                try add(cost, to: nobody, in: outcome.currency)
            }
        }
    }

    private mutating func add(_ cost: AllocatedCost, to user: MarginKey, in currency: Currency) throws {
        let key = MarginKey(
            accountKey: user.accountKey, modelKey: user.modelKey, channelKey: user.channelKey, currency: currency)
        try table.add(cost, to: key)
    }

    /// The keys by account, model and channel; of one of these, the currencies follow each other.
    private func inOrder(_ names: MarginNames) throws -> [MarginKey] {
        try table.keys.map { (try names.places(of: $0), $0) }.sorted { left, right in
            let (one, other) = (left.1, right.1)
            return left.0 == right.0
                ? (one.accountKey, one.currency?.code ?? "") < (other.accountKey, other.currency?.code ?? "")
                : left.0 < right.0
        }.map(\.1)
    }
}

extension MarginKey {
    /// Whether both are the same usage, in whichever currencies.
    fileprivate func isUser(of other: MarginKey) -> Bool {
        accountKey == other.accountKey && modelKey == other.modelKey && channelKey == other.channelKey
    }
}
