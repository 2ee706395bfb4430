import PostgresWire
import Taximeter

/// What rating makes of some periods, next to what is stored of them: their usage lines and totals.
struct PeriodLines {
    private var stored: [PeriodKey: StoredPeriod] = [:]
    private var totals: [PeriodTotals] = []
    private var changed: [(period: AccountPeriod, lines: [UsageLine])] = []

    private struct StoredPeriod {
        var lines: [UsageLine.Key: UsageLine] = [:]
        var unpricedEvents: Int64 = 0
    }

    init(_ periods: [AccountPeriod], _ connection: Connection) throws {
        for row in try connection.query(ReadUnpricedCounts(periods: periods)) {
            stored[row.period.key, default: StoredPeriod()].unpricedEvents = row.events
        }
        for row in try connection.query(ReadUsageLines(periods)) {
            stored[row.period.key, default: StoredPeriod()].lines[row.line.key] = row.line
        }
    }

    /// Notes what a period came to.
    mutating func note(_ period: AccountPeriod, _ rated: ChargeRater.Outcome, _ currency: Currency?) {
        var total = PeriodTotals(period: period)
        total.currency = currency
        for charge in rated.charges where charge.unpricedReason != nil {
            total.unpricedEvents += charge.bucket.events
        }
        total.net = rated.netUnits
        let before = stored[period.key] ?? StoredPeriod()
        let isSame =
            before.lines.count == rated.lines.count && rated.lines.allSatisfy { before.lines[$0.key] == $0 }
        total.isChanged = !isSame || before.unpricedEvents != total.unpricedEvents
        totals.append(total)
        if !isSame { changed.append((period, rated.lines)) }
    }

    /// Accounts with a period that comes to something else than before.
    var changedAccounts: [Int64] { Set(totals.filter(\.isChanged).map(\.period.accountKey)).sorted() }

    /// Stores what changed, and marks all as rated.
    func write(_ connection: Connection) throws {
        let replaced = changed.map(\.period).filter { stored[$0.key]?.lines.isEmpty == false }
        if !replaced.isEmpty { try connection.execute(RemoveUsageLines.sql(replaced)) }
        if changed.contains(where: { !$0.lines.isEmpty }) { try CopyUsageLines.write(changed, connection) }
        try connection.execute(SettlePeriods.sql(totals))
    }
}

/// What a rated period came to.
struct PeriodTotals {
    let period: AccountPeriod
    var isChanged = false
    var currency: Currency?
    var net: Int128 = 0
    var unpricedEvents: Int64 = 0

    init(period: AccountPeriod) { self.period = period }
}
