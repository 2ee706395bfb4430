import PostgresWire
import Taximeter

/// Rates buckets as the store has them, an account and billing period at a time.
struct ChargeRater {
    private let prices: PriceSnapshot
    private let books: [Identifier: StoredPriceBook]
    private let names: BucketNames
    private var lines: [LineKey: RatingLine] = [:]
    private var versionKeys: [VersionKey: Int32?] = [:]

    private struct LineKey: Hashable {
        let rater: ObjectIdentifier
        let names: BucketNames.Key
    }

    private struct VersionKey: Hashable {
        let rater: ObjectIdentifier
        let place: VersionPlace
    }

    /// What a period came to.
    struct Outcome {
        /// In the order of the buckets.
        let charges: [ChargeRow]
        let lines: [UsageLine]
        /// The sum of the lines, in 10⁻¹⁸ units.
        let netUnits: Int128
        /// Tokens by the name of the allowance.
        let allowancesUsed: [Identifier: Int64]
        /// What lines are made of, where that was asked for; usages are places among the buckets.
        let parts: [UsageLine.Key: [LinePart]]
    }

    init(_ prices: PriceSnapshot, _ connection: Connection) throws {
        self.prices = prices
        books = Dictionary(prices.books.map { ($0.book.name, $0) }) { first, _ in first }
        names = try BucketNames(connection)
    }

    /// How an account's periods are rated; nil for one that has agreed to nothing.
    func rater(of agreement: Agreement?) -> AgreementRater {
        guard let agreement, !agreement.subscriptions.isEmpty || agreement.timeZone != .utc else {
            return AgreementRater(.calendarMonths, prices.raters, currency: nil)
        }
        return AgreementRater(agreement, prices.plans, prices.raters)
    }

    /// The charges of all buckets of an account and period, and the lines that say the same.
    ///
    /// - Parameters:
    ///   - lifetime: What was used of lifetime allowances before, by name.
    ///   - traced: The lines of which to tell the parts.
    mutating func rate(
        _ buckets: ArraySlice<BucketRow>, _ period: BillingPeriod, by rater: AgreementRater,
        lifetime: [Identifier: Int64],
        tracing traced: Set<UsageLine.Key> = []
    ) throws -> Outcome {
        let usages = buckets.map {
            AgreementRater.Usage(instant: $0.key.slotStart, size: $0.size, tokens: $0.tokens)
        }
        var lines = lines
        self.lines = [:]
        let outcome = try rater.rate(period, usages, lifetime: lifetime, tracing: traced) { place, planRater in
            let bucket = buckets[buckets.startIndex + place]
            let key = LineKey(rater: ObjectIdentifier(planRater), names: BucketNames.Key(bucket.key))
            if let known = lines[key] { return known }
            let line = planRater.rater.rater.line(of: try names.usage(of: bucket))
            lines[key] = line
            return line
        }
        self.lines = lines
        var charges: [ChargeRow] = []
        charges.reserveCapacity(buckets.count)
        for (bucket, rated) in zip(buckets, outcome.ratings) { charges.append(charge(bucket, rated)) }
        return Outcome(
            charges: charges, lines: outcome.lines, netUnits: outcome.netUnits, allowancesUsed: outcome.allowancesUsed,
            parts: outcome.parts)
    }

    private mutating func charge(_ bucket: BucketRow, _ rated: AgreementRater.Rated) -> ChargeRow {
        switch rated {
        case .unpriced(let reason, let currency): ChargeRow(bucket, currency: currency?.code, unpriced: reason)
        case .rated(.unpriced(let reason), let rater):
            ChargeRow(bucket, currency: rater.book.currency.code, unpriced: reason.code)
        case .rated(.priced(let amounts), let rater):
            ChargeRow(
                bucket: bucket, currency: rater.book.currency.code,
                tariffVersionKey: key(of: amounts.request.version, rater), unpricedReason: nil,
                amounts: amounts.waterfall)
        }
    }

    /// The store's key of a version; names are compared once for each.
    private mutating func key(of place: VersionPlace, _ rater: PlanRater) -> Int32? {
        let version = VersionKey(rater: ObjectIdentifier(rater), place: place)
        if let known = versionKeys[version] { return known }
        let key = books[rater.book.name]?.key(of: place)
        versionKeys[version] = key
        return key
    }
}

extension ChargeRow {
    fileprivate init(_ bucket: BucketRow, currency: String?, unpriced reason: String) {
        self.init(bucket: bucket, currency: currency, tariffVersionKey: nil, unpricedReason: reason, amounts: nil)
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
