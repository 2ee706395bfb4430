import PostgresWire
import Taximeter

/// What usage lines of a period are made of, bucket by bucket: the period is rated again, as it is now.
struct LineTrace {
    private(set) var parts: [UsageLine.Key: [LineExplanation.Part]] = [:]

    init(
        of keys: Set<UsageLine.Key>, in period: BillingPeriod, _ account: (key: Int64, name: Identifier),
        _ connection: Connection
    ) throws {
        if keys.isEmpty { return }
        let prices = try PriceSnapshot.read(connection, lock: .forShare)
        let accountPeriod = AccountPeriod(accountKey: account.key, start: period.start, end: period.end)
        let agreement = try ReadAgreements.agreements([account.key], connection)[account.key]
        let allowances = try AllowanceUse([accountPeriod], lifetime: prices.lifetimeAllowances, connection)
        let buckets = try connection.query(ReadBuckets([account.key], period))
        var rater = try ChargeRater(prices, connection)
        let rated = try rater.rate(
            buckets[...], period, by: rater.rater(of: agreement), lifetime: allowances.before(accountPeriod),
            tracing: keys)
        let names = try BucketNames(connection)
        let stored = try connection.query(CountBucketEvents(account.key, period, prices.ratingInstant))
        let storedEvents = Dictionary(stored.map { ($0.key, $0.events) }) { first, _ in first }
        for (key, parts) in rated.parts {
            self.parts[key] = try parts.map { part in
                let bucket = buckets[part.usage]
                let usage = try names.usage(of: bucket)
                let bucketKey = BucketKey(
                    account: account.name, slotStart: bucket.key.slotStart, model: usage.model, channel: usage.channel,
                    serviceTier: usage.serviceTier, inputFloor: bucket.key.inputFloor,
                    outputFloor: bucket.key.outputFloor, unratedClasses: bucket.key.unratedClasses)
                let currency = part.net.currency
                return LineExplanation.Part(
                    bucket: UsageBucket(
                        key: bucketKey, events: bucket.events, requests: bucket.requests, tokens: bucket.tokens),
                    charge: Money(units: rated.charges[part.usage].net(of: key.tokenClass), currency),
                    tokens: part.tokens, chargedTokens: part.chargedTokens,
                    unitPrice: Money(units: part.price.unitsPerToken, currency), fees: part.fees, net: part.net,
                    storedEvents: storedEvents[bucket.key] ?? 0)
            }
        }
    }
}

extension ChargeRow {
    /// What is billed of a class, in 10⁻¹⁸ units: the last columns are those of the classes.
    fileprivate func net(of tokenClass: TokenClass) -> Int128 {
        let place = ChargeRow.amountColumns.count - TokenClass.allCases.count + Int(tokenClass.rawValue)
        return amounts?[place] ?? 0
    }
}
