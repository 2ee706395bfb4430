import PostgresWire
public import Taximeter

extension Store {
    /// Makes the billing periods of subscribed accounts that end in a range of time, where usage has not made them: fees
    /// and minimums are due without usage. The next run rates them, to nothing.
    ///
    /// - Parameters:
    ///   - start: Periods that end after it.
    ///   - end: Periods that end then or before.
    /// - Returns: How many were made.
    @discardableResult
    public func openPeriods(endingAfter start: Instant, through end: Instant) throws -> Int {
        guard start < end else { return 0 }
        return try transaction(as: .biller, .job) { connection in
            let prices = try PriceSnapshot.read(connection, lock: .forShare)
            var periods: [AccountPeriod] = []
            for (key, agreement) in try ReadAgreements.agreements(nil, connection) {
                let calendar = BillingCalendar(agreement, prices.plans)
                for period in calendar.periods(in: start..<end) where period.end > start && period.end <= end {
                    guard calendar.hasPlan(in: period) else { continue }
                    periods.append(AccountPeriod(accountKey: key, start: period.start, end: period.end))
                }
            }
            return periods.isEmpty ? 0 : try connection.query(OpenPeriods(periods, stale: true)).count
        }
    }
}

/// Adds periods that are not there, without usage; stale where the next run is to rate them. Its rows are what it added: of
/// another, somebody else has made the row meanwhile.
struct OpenPeriods: Statement {
    let sql: SQL

    init(_ periods: [AccountPeriod], stale: Bool) {
        sql = """
            INSERT INTO taximeter.account_period (account_key, period_start, period_end, stale)
            SELECT n.account_key, n.period_start, n.period_end, \(stale)
            FROM unnest(
                \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }), \(periods.map { Timestamp($0.end) }))
                AS n (account_key, period_start, period_end)
            ORDER BY 1, 2
            ON CONFLICT (account_key, period_start) DO NOTHING
            RETURNING account_key, period_start, period_end
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AccountPeriod {
        AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
    }
}
