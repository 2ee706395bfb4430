import PostgresWire
public import Taximeter

extension Store {
    /// What the cost of the hours in `[from, until)` comes to under a stored policy, grouped; writes nothing.
    ///
    /// Charges and costs are read as they are stored, an hour at a time; days that wait for a run are computed too. Under
    /// ``AllocationPolicy/standardName`` the rows of all accounts sum to the stored margins of each hour, and the rows of an
    /// account's hours to those of its day, to the last unit. Memory holds the rows and one hour's accounts.
    ///
    /// - Parameters:
    ///   - from: The first hour; a whole UTC hour.
    ///   - until: The first hour that is not included.
    ///   - groupings: What tells rows apart.
    ///   - policy: Its name; what came before its first version is split as ``AllocationPolicy/standard``.
    ///   - account: The only account that is wanted; nil for all, and for what is nobody's.
    /// - Returns: A row a group and currency, in order.
    /// - Throws: ``StoreError`` when no policy of that name is stored, naming those that are, or there is no such account.
    public func allocation(
        from: Instant, until: Instant, by groupings: [AllocationGrouping], policy: Identifier,
        account: Identifier? = nil
    ) throws -> [AllocationRow] {
        try transaction(as: .biller, .job) { connection in
            let policies = try connection.query(ReadPolicies(name: policy))
            if policies.isEmpty, policy != AllocationPolicy.standardName {
                let known = try connection.query(ReadPolicyNames()).map(\.text)
                throw StoreError(
                    .costs,
                    "there is no policy \(policy): "
                        + (known.isEmpty ? "none is stored" : "stored are \(known.joined(separator: ", "))"))
            }
            let accountKey = try account.map { account in
                let names = NameTable(table: "account", nameColumn: "external_id")
                guard let key = try connection.query(ReadKeys(table: names, names: [account.text])).first?.key else {
                    throw StoreError(.costs, "no usage is stored of an account \(account)")
                }
                return key
            }
            var sums: [AllocationGroup: MarginSums] = [:]
            var start = from
            while start < until {
                let day = start.floored(toMicroseconds: Instant.day)
                let end = min(until, day.advanced(byMicroseconds: Instant.day) ?? until)
                try MarginHours(range: start..<end, policies: policies, connection: connection).forEach { hour, table in
                    for (key, one) in table.rows where accountKey.map({ $0 == key.accountKey }) ?? true {
                        try sums[AllocationGroup(hour, key, by: groupings), default: MarginSums()].add(one)
                    }
                }
                start = end
            }
            let names = try groupings.indices.map { index in
                try AllocationGroup.names(Set(sums.keys.map { $0.values[index] }), by: groupings[index], connection)
            }
            return try sums.map { group, sums in
                try AllocationRow(
                    groups: zip(names, group.values).map { $0[$1] ?? "" }, currency: group.currency, sums)
            }.sorted { left, right in
                left.groups == right.groups
                    ? (left.currency?.code ?? "") < (right.currency?.code ?? "")
                    : left.groups.lexicographicallyPrecedes(right.groups)
            }
        }
    }
}

/// What a row of the report stands for, before it has a name.
private struct AllocationGroup: Hashable {
    /// By grouping: microseconds of the hour or day, or a key of the store.
    let values: [Int64]
    let currency: Currency?

    init(_ hour: Instant, _ key: MarginKey, by groupings: [AllocationGrouping]) {
        currency = key.currency
        values = groupings.map { grouping in
            switch grouping {
            case .hour: hour.microseconds
            case .day: hour.floored(toMicroseconds: Instant.day).microseconds
            case .model: Int64(key.modelKey)
            case .channel: Int64(key.channelKey)
            case .account: key.accountKey
            }
        }
    }

    static func names(
        _ values: Set<Int64>, by grouping: AllocationGrouping, _ connection: Connection
    ) throws -> [Int64: String] {
        let table: NameTable
        switch grouping {
        case .hour:
            return Dictionary(uniqueKeysWithValues: values.map { ($0, Instant(microseconds: $0)?.description ?? "") })
        case .day:
            return Dictionary(
                uniqueKeysWithValues: values.map { value in
                    let day = Instant(microseconds: value).map { CivilDate(daysSinceEpoch: $0.day).description }
                    return (value, day ?? "")
                })
        case .model: table = NameTable(table: "model")
        case .channel: table = NameTable(table: "channel")
        case .account: table = NameTable(table: "account", nameColumn: "external_id")
        }
        let rows = try connection.query(ReadKeys(table: table, keys: values.sorted()))
        return Dictionary(rows.map { ($0.key, $0.name.text) }) { first, _ in first }
    }
}
