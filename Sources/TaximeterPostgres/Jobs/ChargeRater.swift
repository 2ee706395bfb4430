import PostgresWire
import Taximeter

/// Rates buckets as the store has them, by the book of their account.
struct ChargeRater {
    private let stored: StoredPriceBook?
    private let rater: Rater?
    private let models: [Int64: Identifier]
    private let channels: [Int64: Identifier]
    private let serviceTiers: [Int64: Identifier]

    init(_ prices: PriceSnapshot, _ connection: Connection) throws {
        stored = prices.defaultBook
        rater = prices.rater
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
            model: model, channel: channel, serviceTier: serviceTier, instant: bucket.key.slotStart,
            size: bucket.key.inputFloor < 0
                ? .summed : .request(totalInput: bucket.key.inputFloor, output: bucket.key.outputFloor),
            tokens: bucket.tokens)
    }

    /// The charge of a bucket.
    func charge(for bucket: BucketRow) throws -> ChargeRow {
        guard let rater, let stored else { return unpriced(bucket, "no_price_book") }
        switch try rater.rate(usage(of: bucket)) {
        case .unpriced(let reason): return unpriced(bucket, reason.code)
        case .priced(let rated):
            return ChargeRow(
                bucket: bucket, currency: stored.book.currency.code, tariffVersionKey: stored.key(of: rated.version),
                unpricedReason: nil, amounts: Charge.Amounts(rated).units)
        }
    }

    private func unpriced(_ bucket: BucketRow, _ reason: String) -> ChargeRow {
        ChargeRow(
            bucket: bucket, currency: stored?.book.currency.code, tariffVersionKey: nil, unpricedReason: reason,
            amounts: [])
    }
}

extension StoredPriceBook {
    /// The store's key of a version of the book.
    func key(of place: VersionPlace) -> Int32? {
        let tariff = book.tariffs[place.tariff]
        let version = tariff.versions[place.version]
        return versionKeys[VersionID(model: tariff.model, from: version.effective.from)]
    }
}
