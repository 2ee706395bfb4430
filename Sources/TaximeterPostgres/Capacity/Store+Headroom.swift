import PostgresWire
public import Taximeter

/// How much more than their mean so many customers need, by resampling the accounts that were metered.
public struct HeadroomCurve: Sendable, Hashable {
    /// Accounts with usage in the range, which customers were drawn from.
    public let accounts: Int
    /// Of output tokens by hour.
    public let outputTokens: [PooledDemand.Multiple]
    /// Of requests by hour.
    public let requests: [PooledDemand.Multiple]
}

/// What each account wanted in each hour, account by account in order of their names.
struct ReadHourlyDemand: Statement {
    struct Row {
        let account: Identifier
        let hour: Instant
        let outputTokens: Int64
        let requests: Int64
    }

    let range: Range<Instant>

    var sql: SQL {
        """
        SELECT account, hour, sum(output_tokens)::bigint, sum(requests)::bigint FROM taximeter.charges
        WHERE slot_start >= \(range.lowerBound) AND slot_start < \(range.upperBound)
        GROUP BY account, hour ORDER BY account
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            account: try row.identifier(0), hour: try row.instant(1), outputTokens: try row.get(2),
            requests: try row.get(3))
    }
}

/// How many accounts have usage in a range.
struct CountMeteredAccounts: Statement {
    let range: Range<Instant>

    var sql: SQL {
        """
        SELECT count(DISTINCT account) FROM taximeter.charges
        WHERE slot_start >= \(range.lowerBound) AND slot_start < \(range.upperBound)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

extension Store {
    /// The multiples of the mean that numbers of customers need, each customer being an account that was metered, drawn
    /// at random and with all of its hours.
    ///
    /// Accounts are drawn first and their usage streamed, so memory holds the samples and not the usage.
    ///
    /// - Parameters:
    ///   - hours: Whole UTC hours.
    ///   - customers: Numbers of customers.
    ///   - samples: How often so many are drawn.
    ///   - model: The model that it stands next to, which has the probability of enough.
    ///   - seed: The same seed and the same usage give the same curve.
    /// - Returns: nil without usage in these hours.
    /// - Throws: ``StoreError`` with code ``StoreError/Code/range`` where there are more customers or hours to sample than
    ///   memory is given for; `PostgresError` from the server.
    public func headroomCurve(
        _ hours: Range<Instant>, customers: [Int], samples: Int, for model: Pooling, seed: UInt64
    ) throws -> HeadroomCurve? {
        var settings = TransactionSettings.job
        settings.isolation = .repeatableRead
        settings.isReadOnly = true
        return try transaction(as: .reader, settings) { connection in
            let accounts = Int(try connection.query(CountMeteredAccounts(range: hours)).first ?? 0)
            if accounts == 0 { return nil }
            let count = Int((hours.upperBound.microseconds - hours.lowerBound.microseconds) / Instant.hour)
            guard let draws = CustomerDraws(accounts: accounts, sizes: customers, samples: samples, seed: seed),
                var tokens = PooledDemand(draws, hours: count), var requests = PooledDemand(draws, hours: count)
            else {
                throw StoreError(
                    .range,
                    "\(samples) samples of \(customers) customers over \(count) hours are more than is held in memory: "
                        + "at most \(CustomerDraws.mostCustomers) customers in all, and \(PooledDemand.mostSums) samples "
                        + "times hours; take fewer samples")
            }
            var place = -1
            var current: Identifier?
            try connection.forEach(ReadHourlyDemand(range: hours)) { row in
                if row.account != current {
                    place += 1
                    current = row.account
                }
                let hour = Int((row.hour.microseconds - hours.lowerBound.microseconds) / Instant.hour)
                try tokens.add(row.outputTokens, account: place, hour: hour)
                try requests.add(row.requests, account: place, hour: hour)
            }
            return HeadroomCurve(
                accounts: accounts, outputTokens: tokens.multiples(level: model.level),
                requests: requests.multiples(level: model.level))
        }
    }
}
