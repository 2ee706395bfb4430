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
        let agreements = try ReadAgreements.agreements(accountKeys, connection)
        var accounts: [Int64: InvoicedAccount] = [:]
        for (key, agreement) in agreements {
            accounts[key] = InvoicedAccount(
                key: key, agreement: agreement, calendar: BillingCalendar(agreement, prices.plans))
        }
        return accounts
    }

    /// Its periods that end in a month and in which it has a plan: they are billed whether there is usage or not.
    func plannedPeriods(endingIn month: BillingMonth) -> [BillingPeriod] {
        let range = month.range(in: agreement.timeZone)
        return plannedPeriods(in: range).filter { $0.end <= range.upperBound }
    }

    /// Its periods that overlap a range and in which it has a plan.
    func plannedPeriods(in range: Range<Instant>) -> [BillingPeriod] {
        agreement.subscriptions.isEmpty ? [] : calendar.periods(in: range).filter(calendar.hasPlan)
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
