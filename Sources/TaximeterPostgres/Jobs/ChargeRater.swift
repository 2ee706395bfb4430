import PostgresWire
import Taximeter

/// Rates buckets as the store has them, an account and billing period at a time.
struct ChargeRater {
    private let stored: StoredPriceBook?
    private let rater: PeriodRater?
    private let names: BucketNames
    private var lines: [BucketNames.Key: RatingLine] = [:]

    init(_ prices: PriceSnapshot, _ connection: Connection) throws {
        stored = prices.defaultBook
        rater = prices.rater.map(PeriodRater.init)
        names = try BucketNames(connection)
    }

    /// The terms of the book.
    var terms: Terms { stored?.book.terms ?? .none }

    /// The charges of all buckets of an account and period, in their order.
    ///
    /// - Parameter allowancesUsed: What was used of each allowance before; afterwards with this period's use.
    mutating func charges(for buckets: ArraySlice<BucketRow>, allowancesUsed: inout [Int64]) throws -> [ChargeRow] {
        guard let rater, let stored else {
            return buckets.map { ChargeRow($0, currency: nil, unpriced: "no_price_book") }
        }
        var usages: [PeriodUsage] = []
        usages.reserveCapacity(buckets.count)
        for bucket in buckets { usages.append(try usage(of: bucket, rater.rater)) }
        let currency = stored.book.currency.code
        let outcome: PeriodRater.Outcome
        do throws(MoneyError) {
            outcome = try rater.rate(usages, allowancesUsed: allowancesUsed)
        } catch {
            // An amount beyond 128 bits is a fault of this account's usage or prices: it must not stop the others.
            return buckets.map { ChargeRow($0, currency: currency, unpriced: Charge.tooLarge) }
        }
        allowancesUsed = outcome.allowancesUsed
        return zip(buckets, 0...).map { bucket, index in
            switch outcome[index] {
            case .unpriced(let reason): ChargeRow(bucket, currency: currency, unpriced: reason.code)
            case .priced(let rated):
                ChargeRow(
                    bucket: bucket, currency: currency, tariffVersionKey: stored.key(of: rated.request.version),
                    unpricedReason: nil, amounts: Charge.Amounts(rated).units)
            }
        }
    }

    private mutating func usage(of bucket: BucketRow, _ rater: Rater) throws -> PeriodUsage {
        let key = BucketNames.Key(bucket.key)
        let line: RatingLine
        if let known = lines[key] {
            line = known
        } else {
            line = rater.line(of: try names.usage(of: bucket))
            lines[key] = line
        }
        return PeriodUsage(line: line, instant: bucket.key.slotStart, size: bucket.size, tokens: bucket.tokens)
    }
}

extension ChargeRow {
    fileprivate init(_ bucket: BucketRow, currency: String?, unpriced reason: String) {
        self.init(bucket: bucket, currency: currency, tariffVersionKey: nil, unpricedReason: reason, amounts: [])
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
