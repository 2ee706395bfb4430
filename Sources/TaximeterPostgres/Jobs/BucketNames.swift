import PostgresWire
import Taximeter

/// The names that the keys of buckets stand for.
struct BucketNames {
    /// What buckets of one rating line have in common.
    struct Key: Hashable {
        let model: Int32
        let channel: Int32
        let serviceTier: Int32

        init(_ key: ChargeKey) {
            model = key.modelKey
            channel = key.channelKey
            serviceTier = key.serviceTierKey
        }
    }

    private let models: [Int64: Identifier]
    private let channels: [Int64: Identifier]
    private let serviceTiers: [Int64: Identifier]

    init(_ connection: Connection) throws {
        models = try Self.names(NameTable(table: "model"), connection)
        channels = try Self.names(NameTable(table: "channel"), connection)
        serviceTiers = try Self.names(NameTable(table: "service_tier"), connection)
    }

    private static func names(_ table: NameTable, _ connection: Connection) throws -> [Int64: Identifier] {
        let rows = try connection.query(ReadKeys(allOf: table))
        return Dictionary(rows.map { ($0.key, $0.name) }) { first, _ in first }
    }

    /// The usage of a bucket, for any rater.
    func usage(of bucket: BucketRow) throws -> RatableUsage {
        guard let model = models[Int64(bucket.key.modelKey)], let channel = channels[Int64(bucket.key.channelKey)],
            let serviceTier = serviceTiers[Int64(bucket.key.serviceTierKey)]
        else {
            throw StoreError(.schemaChanged, "a bucket has a key that no dictionary table has: restore the database")
        }
        return RatableUsage(
            model: model, channel: channel, serviceTier: serviceTier, instant: bucket.key.slotStart, size: bucket.size,
            tokens: bucket.tokens)
    }
}

extension BucketRow {
    /// Any request of its size class stands for all.
    var size: RequestSize {
        key.inputFloor < 0 ? .summed : .request(totalInput: key.inputFloor, output: key.outputFloor)
    }
}
