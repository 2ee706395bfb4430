import PostgresWire
import Taximeter

/// The primary key of buckets and charges, in the store's keys.
struct ChargeKey: Hashable {
    let accountKey: Int64
    let slotStart: Instant
    let modelKey: Int32
    let channelKey: Int32
    let serviceTierKey: Int32
    let inputFloor: Int64
    let outputFloor: Int64
    let unratedClasses: Int16

    static let columns = """
        account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes
        """

    /// Reads the key from a row's first eight columns.
    init(_ row: borrowing ResultRow) throws(PostgresError) {
        accountKey = try row.get(0)
        slotStart = try row.instant(1)
        modelKey = try row.get(2)
        channelKey = try row.get(3)
        serviceTierKey = try row.get(4)
        inputFloor = try row.get(5)
        outputFloor = try row.get(6)
        unratedClasses = try row.get(7)
    }
}

/// A bucket, as the rater takes it.
struct BucketRow {
    let key: ChargeKey
    let periodStart: Instant
    let events: Int64
    let requests: Int64
    let tokens: TokenCounts
}

/// A charge, as it is stored.
struct ChargeRow {
    let bucket: BucketRow
    let currency: String?
    let tariffVersionKey: Int32?
    let unpricedReason: String?
    /// Amounts in 10⁻¹⁸ units, in the order of ``amountColumns``; nil where there is no price.
    let amounts: [12 of Int128]?

    /// What is billed, in 10⁻¹⁸ units; nil where there is no price.
    var net: Int128? { amounts?[6] }

    static let amountColumns = [
        "theoretical_amount", "list_amount", "monetised_amount", "scheduled_amount", "tiered_amount",
        "contracted_amount", "net_amount", "cache_hit_amount", "cache_miss_amount", "cache_write_amount",
        "cache_write_1h_amount", "output_amount",
    ]
}

extension ChargeRow: Equatable {
    static func == (left: Self, right: Self) -> Bool {
        if left.bucket != right.bucket || left.currency != right.currency
            || left.tariffVersionKey != right.tariffVersionKey || left.unpricedReason != right.unpricedReason
        {
            return false
        }
        guard let ours = left.amounts, let theirs = right.amounts else {
            return left.amounts == nil && right.amounts == nil
        }
        return ours.indices.allSatisfy { ours[$0] == theirs[$0] }
    }
}

extension BucketRow: Equatable {
    /// What is summed.
    static let sums = ["events", "requests"] + TokenClass.allCases.map(column)
    static let columns = "period_start, " + sums.joined(separator: ", ")

    static func column(of tokenClass: TokenClass) -> String {
        switch tokenClass {
        case .cacheHit: "cache_hit_tokens"
        case .cacheMiss: "cache_miss_tokens"
        case .cacheWrite: "cache_write_tokens"
        case .cacheWrite1h: "cache_write_1h_tokens"
        case .output: "output_tokens"
        }
    }

    /// Reads the key from a row's first eight columns and the rest from the next eight.
    init(_ row: borrowing ResultRow) throws(PostgresError) {
        key = try ChargeKey(row)
        periodStart = try row.instant(8)
        events = try row.get(9)
        requests = try row.get(10)
        tokens = TokenCounts(
            cacheHit: try row.get(11), cacheMiss: try row.get(12), cacheWrite: try row.get(13),
            cacheWrite1h: try row.get(14), output: try row.get(15))
    }
}
