import PostgresWire
import Taximeter

/// An account as it is billed: what it has agreed to, and the periods that follow from that.
struct InvoicedAccount {
    let key: Int64
    let agreement: Agreement
    let calendar: BillingCalendar

    /// Accounts by their keys.
    static func read(
        _ accountKeys: [Int64], _ prices: PriceSnapshot, _ connection: Connection
    ) throws -> [Int64: InvoicedAccount] {
        var accounts: [Int64: InvoicedAccount] = [:]
        for row in try connection.query(ReadInvoicedAccounts(accountKeys: accountKeys)) {
            guard let zone = TimeZoneRules(identifier: row.timeZone) else {
                throw StoreError(.account, "account \(row.account) has a time zone that is not known: \(row.timeZone)")
            }
            let agreement = Agreement(
                account: row.account, timeZone: zone, issuingEntity: row.issuingEntity, subscriptions: [])
            accounts[row.key] = InvoicedAccount(
                key: row.key, agreement: agreement, calendar: BillingCalendar(agreement, []))
        }
        return accounts
    }

    /// The last of its periods that ends in a month; nil when none does.
    func lastPeriod(endingIn month: BillingMonth) -> BillingPeriod? {
        let range = month.range(in: agreement.timeZone)
        guard let last = range.upperBound.advanced(byMicroseconds: -1) else { return nil }
        var period = calendar.period(containing: last)
        if period.end > range.upperBound, let before = period.start.advanced(byMicroseconds: -1) {
            period = calendar.period(containing: before)
        }
        return period.end > range.lowerBound && period.end <= range.upperBound ? period : nil
    }
}
