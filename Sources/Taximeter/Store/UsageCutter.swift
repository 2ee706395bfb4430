/// Cuts time into slots and requests into size classes, and sums events into the buckets that follow.
struct UsageCutter {
    private let books: [PriceBook]
    private let ratingInstant: RatingInstant
    private let sizes: SizeCuts
    private let planCuts: PlanCuts
    /// Where the subscriptions of accounts begin and end.
    private let ownCuts: [Identifier: [Instant]]

    init(
        books: [PriceBook], ratingInstant: RatingInstant, plans: some Sequence<Plan> = [],
        agreements: some Sequence<Agreement> = []
    ) {
        self.books = books
        planCuts = PlanCuts(zones: agreements.map(\.timeZone), plans)
        ownCuts = Dictionary(
            agreements.map { agreement in
                let effective = agreement.subscriptions.map(\.effective)
                return (agreement.account, effective.flatMap { [$0.from, $0.until].compactMap(\.self) })
            }
        ) { first, _ in first }
        self.ratingInstant = ratingInstant
        sizes = books.reduce(SizeCuts()) { $0.union($1.sizeCuts) }
    }

    /// The buckets of these events, and of those that were reversed: these are added and subtracted, so that a bucket
    /// of theirs alone is there, and empty.
    ///
    /// - Throws: ``MoneyError/overflow`` when a sum does not fit in 64 bits.
    func buckets(
        of events: some Sequence<UsageEvent>, without reversed: [UsageEvent] = []
    ) throws(MoneyError) -> [UsageBucket] {
        var buckets: [BucketKey: UsageBucket] = [:]
        for (event, sign) in events.map({ ($0, 1 as Int64) }) + reversed.map({ ($0, -1) }) {
            let key = key(of: event)
            var bucket =
                buckets[key] ?? UsageBucket(key: key, events: 0, requests: 0, tokens: TokenCounts())
            bucket.events += sign
            bucket.requests = try Self.sum(bucket.requests, sign * event.requests)
            for tokenClass in TokenClass.allCases {
                bucket.tokens[tokenClass] = try Self.sum(bucket.tokens[tokenClass], sign * event.tokens[tokenClass])
            }
            buckets[key] = bucket
        }
        return Array(buckets.values)
    }

    private func key(of event: UsageEvent) -> BucketKey {
        let instant = ratingInstant == .startedAt ? event.startedAt : event.completedAt
        let hour = instant.startOfHour
        let end = hour.advanced(byMicroseconds: Instant.hour) ?? .latest
        let cuts = books.flatMap { $0.cuts(in: hour..<end) } + planCuts.cuts(in: hour..<end)
        let slotStart = (cuts + (ownCuts[event.account] ?? []) + [hour]).filter { $0 <= instant }.max() ?? hour
        let isSummed = event.requests > 1
        return BucketKey(
            account: event.account, slotStart: slotStart, model: event.model, channel: event.channel,
            serviceTier: event.serviceTier,
            inputFloor: isSummed ? -1 : Self.floor(event.tokens.totalInput ?? .max, sizes.input),
            outputFloor: isSummed ? -1 : Self.floor(event.tokens.output, sizes.output),
            unratedClasses: event.tokens.usedClasses & sizes.unratedClasses)
    }

    private static func floor(_ count: Int64, _ bounds: [Int64]) -> Int64 { bounds.last { $0 <= count } ?? 0 }

    private static func sum(_ left: Int64, _ right: Int64) throws(MoneyError) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw .overflow }
        return sum
    }
}
