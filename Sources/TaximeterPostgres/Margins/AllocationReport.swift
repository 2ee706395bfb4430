import PostgresWire
public import Taximeter

/// What the rows of an allocation stand for.
public enum AllocationGrouping: String, Sendable, CaseIterable {
    /// A row a UTC hour.
    case hour
    /// A row a UTC day.
    case day
    /// A row a model.
    case model
    /// A row a channel.
    case channel
    /// A row an account.
    case account
}

/// Usage, revenue, the lines of cost under some policy, and margins: of one hour, day, model, channel or account, in one
/// currency. Amounts are exact.
public struct AllocationRow: Sendable, Hashable {
    /// The hour (RFC 3339), the day (ISO 8601) or the name; empty for what is nobody's.
    public let group: String
    /// The currency; nil for usage that no price book gives one.
    public let currency: Currency?
    /// Values by ``columns``: whole numbers, decimals in units of the currency, margins to six places; nil where not known.
    public let values: [String?]

    /// The names of ``values``.
    public static let columns =
        MarginSums.counts + ["theoretical_revenue", "list_revenue", "revenue"] + MarginSums.costs
        + ["serving_cost", "cost", "profit", "gross_margin", "cost_profit_margin"]

    /// The value of a column; nil where it is not known, or there is no such column.
    public subscript(column: String) -> String? {
        Self.columns.firstIndex(of: column).flatMap { values[$0] }
    }

    init(group: String, currency: Currency?, _ sums: MarginSums) throws(MoneyError) {
        self.group = group
        self.currency = currency
        let money = currency ?? .usd
        let amounts = ["theoretical_amount", "list_amount", "net_amount"].map { name in
            MarginSums.amounts.firstIndex(of: name).map { sums.amounts[$0] } ?? 0
        }
        var values: [String?] = sums.counts.indices.map { String(sums.counts[$0]) }
        values += amounts.map { Money(units: $0, money).decimalText }
        if let cost = sums.cost {
            let revenue = Money(units: amounts[2], money)
            var serving = Money.zero(money)
            for tokenClass in TokenClass.allCases { serving = try serving + Money(units: cost[tokenClass], money) }
            let all = try serving + Money(units: cost.idle, money) + Money(units: cost.headroom, money)
            values += cost.units.map { Money(units: $0, money).decimalText }
            values += [
                serving.decimalText, all.decimalText, try (revenue - all).decimalText,
                try revenue.ratio(of: revenue - all),
                try all.ratio(of: revenue - all),
            ]
        } else {
            values += [String?](repeating: nil, count: MarginSums.costs.count + 5)
        }
        self.values = values
    }
}

extension Money {
    /// A part over this amount, to six places, half away from zero; nil where this is not above 0. As the views have it.
    fileprivate func ratio(of part: Money) throws(MoneyError) -> String? {
        if units <= 0 { return nil }
        let millionths = try Money(units: 1_000_000, currency).share(part.units, of: units, rounding: .halfAwayFromZero)
        return try (millionths * 1_000_000_000_000).decimalText
    }
}

extension Store {
    /// What the cost of the hours in `[from, until)` comes to under a stored policy, grouped; writes nothing.
    ///
    /// Charges and costs are read as they are stored, an hour at a time; days that wait for a run are computed too.
    ///
    /// - Parameters:
    ///   - from: The first hour; a whole UTC hour.
    ///   - until: The first hour that is not included.
    ///   - policy: Its name; what came before its first version is split as ``AllocationPolicy/standard``.
    /// - Returns: A row a group and currency, in order.
    /// - Throws: ``StoreError`` when no policy of that name is stored, naming those that are.
    public func allocation(
        from: Instant, until: Instant, by grouping: AllocationGrouping, policy: Identifier
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
            var sums: [AllocationGroup: MarginSums] = [:]
            var start = from
            while start < until {
                let day = start.floored(toMicroseconds: Instant.day)
                let end = min(until, day.advanced(byMicroseconds: Instant.day) ?? until)
                try MarginHours(range: start..<end, policies: policies, connection: connection).forEach { hour, table in
                    for (key, one) in table.rows {
                        try sums[AllocationGroup(hour, key, by: grouping), default: MarginSums()].add(one)
                    }
                }
                start = end
            }
            let names = try AllocationGroup.names(Set(sums.keys.map(\.value)), by: grouping, connection)
            return try sums.map { group, sums in
                try AllocationRow(group: names[group.value] ?? "", currency: group.currency, sums)
            }.sorted { ($0.group, $0.currency?.code ?? "") < ($1.group, $1.currency?.code ?? "") }
        }
    }
}

/// What a row of the report stands for, before it has a name.
private struct AllocationGroup: Hashable {
    /// Microseconds of the hour or day, or a key of the store.
    let value: Int64
    let currency: Currency?

    init(_ hour: Instant, _ key: MarginKey, by grouping: AllocationGrouping) {
        currency = key.currency
        value =
            switch grouping {
            case .hour: hour.microseconds
            case .day: hour.floored(toMicroseconds: Instant.day).microseconds
            case .model: Int64(key.modelKey)
            case .channel: Int64(key.channelKey)
            case .account: key.accountKey
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
