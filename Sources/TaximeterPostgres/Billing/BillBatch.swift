import PostgresWire
import Taximeter

/// Bills one period of each of some accounts, inside a transaction.
///
/// Rows are locked first and read in later statements, so that what others committed while this one waited is seen.
struct BillBatch {
    let job: BillJob
    let connection: Connection
    /// What the run has done for these accounts so far.
    let progress: Progress

    /// How far accounts have come within a run, and what drafts say that nobody has billed.
    struct Progress {
        /// The start of the last period that was looked at.
        private(set) var closed: [Int64: Instant] = [:]
        /// The lines of the drafts.
        private(set) var drafted: [Int64: [BilledLine]] = [:]

        mutating func add(_ round: Round) {
            closed.merge(round.closed) { $1 }
            for (key, lines) in round.drafted { drafted[key, default: []] += lines }
        }
    }

    /// What one transaction did.
    struct Round {
        var summary = BillSummary()
        var closed: [Int64: Instant] = [:]
        var drafted: [Int64: [BilledLine]] = [:]
    }

    /// A period that is to be closed, and what the invoice may adjust.
    struct Closing {
        let account: InvoicedAccount
        let period: BillingPeriod
        let earlier: [BillingPeriod]
        /// Why it cannot be billed, as far as its row tells.
        let parked: ParkReason?
        let isWaiting: Bool

        var next: BillingPeriod { account.calendar.period(containing: period.end) }
        var row: AccountPeriod { AccountPeriod(accountKey: account.key, start: period.start, end: period.end) }
        /// All rows that an invoice settles.
        var rows: [AccountPeriod] {
            (earlier + [period]).map { AccountPeriod(accountKey: account.key, start: $0.start, end: $0.end) }
        }
    }

    private var options: BillOptions { job.options }
    private var writesFinal: Bool { options.finalizes && !options.isDryRun }

    /// Bills the first period of each account that was not looked at yet.
    func bill(_ accountKeys: [Int64]) throws -> Round {
        var positions: [Int64: Int64] = [:]
        if writesFinal {
            try connection.execute(EnsureChains.sql(accountKeys))
            for row in try connection.query(LockChains(accountKeys: accountKeys)) {
                positions[row.accountKey] = row.position
            }
        }
        let closings = try closings(accountKeys)
        var round = Round()
        if closings.isEmpty { return round }

        let inputs = try BillInputs(closings, job, connection)
        var outcomes: [BillOutcome] = []
        for closing in closings {
            round.closed[closing.account.key] = closing.period.start
            let invoice = try outcome(of: closing, inputs)
            outcomes.append(BillOutcome(closing: closing, result: invoice))
        }
        if !options.isDryRun {
            outcomes = try BillWriter(job: job, connection: connection).write(outcomes, positions)
        }
        for outcome in outcomes { try note(outcome, &round) }
        return round
    }

    private func outcome(of closing: Closing, _ inputs: BillInputs) throws -> BillOutcome.Result {
        if closing.isWaiting { return .waiting }
        if let reason = closing.parked { return .parked(reason) }
        do throws(MoneyError) {
            let account = closing.account
            let drafted = progress.drafted[account.key] ?? []
            guard let invoice = try inputs.invoice(closing, drafted: drafted) else { return .nothing }
            if options.accepted.contains(account.agreement.account) { return .invoice(invoice) }
            let trailing = inputs.trailing[account.key] ?? []
            if let reason = try options.bounds.violation(invoice.total, trailing: trailing) { return .parked(reason) }
            return .invoice(invoice)
        } catch {
            return .parked(ParkReason(error))
        }
    }

    private func note(_ outcome: BillOutcome, _ round: inout Round) throws {
        let closing = outcome.closing
        switch outcome.result {
        case .nothing: round.summary.empty += 1
        case .waiting: round.summary.waiting += 1
        case .parked(let reason):
            round.summary.parked.append(
                BillSummary.Parked(
                    account: closing.account.agreement.account, period: closing.period, reason: reason))
        case .invoice(let invoice):
            try round.summary.add(invoice)
            if !writesFinal {
                round.drafted[closing.account.key] = invoice.lines.map { BilledLine($0, number: "draft") }
            }
        }
    }

    // MARK: What there is to close

    private func closings(_ accountKeys: [Int64]) throws -> [Closing] {
        let rows = try connection.query(
            LockUnbilledPeriods(accountKeys: accountKeys, until: job.month.latestEnd, writes: writesFinal))
        let accounts = try InvoicedAccount.read(Set(rows.map(\.accountKey)).sorted(), job.prices, connection)
        let dirty = try connection.query(ReadDirtyHourStarts())
        let bounded = Set(
            try connection.query(ReadParkedBounds(accountKeys: accountKeys)).map {
                BilledPeriodKey(accountKey: $0.accountKey, start: $0.start)
            })
        var closings: [Closing] = []
        var withoutOpen: [(account: InvoicedAccount, rows: [UnbilledPeriod])] = []
        for (key, rows) in Dictionary(grouping: rows, by: \.accountKey).sorted(by: { $0.key < $1.key }) {
            guard let account = accounts[key] else { continue }
            let month = job.month.range(in: account.agreement.timeZone)
            let rows = rows.filter { $0.period.end <= month.upperBound }
            let open = rows.filter { $0.isOpen && $0.period.end > month.lowerBound }
            let looked = progress.closed[key]
            if let first = open.first(where: { row in looked.map { row.period.start > $0 } ?? true }) {
                closings.append(closing(first, account, rows, openFrom: open.first, dirty, bounded))
            } else if open.isEmpty, looked == nil, !rows.isEmpty {
                withoutOpen.append((account, rows))
            }
        }
        let empty = try emptyPeriods(withoutOpen).map { period, account, rows in
            closing(period, account, rows, openFrom: nil, dirty, bounded)
        }.filter { !$0.earlier.isEmpty }
        if writesFinal, !empty.isEmpty { try connection.execute(InsertPeriods.sql(empty.map(\.row))) }
        closings += empty
        return closings.sorted { $0.account.key < $1.account.key }
    }

    private func closing(
        _ row: UnbilledPeriod, _ account: InvoicedAccount, _ rows: [UnbilledPeriod], openFrom: UnbilledPeriod?,
        _ dirty: [Instant], _ bounded: Set<BilledPeriodKey>
    ) -> Closing {
        func isUnsettled(_ row: UnbilledPeriod) -> Bool {
            let first = row.period.start.startOfHour
            return row.isStale || dirty.contains { $0 >= first && $0 < row.period.end }
        }
        // Periods of the month that are not closed have invoices of their own; those that somebody has to look at wait.
        let earlier = rows.filter { other in
            other.period.start < row.period.start && !isUnsettled(other) && reasonToPark(other, account) == nil
                && !(other.isOpen && openFrom.map { other.period.start >= $0.period.start } ?? false)
                && (options.accepted.contains(account.agreement.account)
                    || !bounded.contains(BilledPeriodKey(accountKey: account.key, start: other.period.start)))
        }
        let isTooEarly = options.finalizes && row.period.end.microseconds > job.now.microseconds - options.grace
        return Closing(
            account: account, period: row.period, earlier: earlier.map(\.period), parked: reasonToPark(row, account),
            isWaiting: isTooEarly || isUnsettled(row))
    }

    private func reasonToPark(_ row: UnbilledPeriod, _ account: InvoicedAccount) -> ParkReason? {
        if row.unpricedEvents > 0 {
            return ParkReason(
                .unpricedUsage, "\(row.unpricedEvents) events without a price; see taximeter.unpriced_usage")
        }
        let missing = account.calendar.segments(in: row.period).first { $0.plan != nil && $0.version == nil }
        return missing.map {
            ParkReason(.noPlanVersion, "plan \($0.plan?.text ?? "") says nothing from \($0.range.lowerBound)")
        }
    }

    /// The last periods that end in the month of accounts that have used nothing in it, but have something to adjust.
    private func emptyPeriods(
        _ accounts: [(account: InvoicedAccount, rows: [UnbilledPeriod])]
    ) throws -> [(UnbilledPeriod, InvoicedAccount, [UnbilledPeriod])] {
        var candidates: [(row: UnbilledPeriod, account: InvoicedAccount, rows: [UnbilledPeriod])] = []
        for (account, rows) in accounts {
            guard let period = account.lastPeriod(endingIn: job.month) else { continue }
            let row = UnbilledPeriod(
                accountKey: account.key, period: period, isStale: false, isOpen: true, unpricedEvents: 0)
            candidates.append((row, account, rows))
        }
        if candidates.isEmpty { return [] }
        let periods = candidates.map {
            AccountPeriod(accountKey: $0.account.key, start: $0.row.period.start, end: $0.row.period.end)
        }
        let known = Set(
            try connection.query(ReadKnownPeriods(periods)).map {
                BilledPeriodKey(accountKey: $0.accountKey, start: $0.start)
            })
        return candidates.filter {
            !known.contains(BilledPeriodKey(accountKey: $0.account.key, start: $0.row.period.start))
        }
    }
}

/// What billing a period came to.
struct BillOutcome {
    enum Result {
        /// There is nothing to bill.
        case nothing
        /// A draft, or what was made final.
        case invoice(Invoice)
        /// Somebody has to look at it.
        case parked(ParkReason)
        /// It has not ended, or is not rated.
        case waiting
    }

    let closing: BillBatch.Closing
    let result: Result
    /// The number of a final invoice, without its prefix.
    var sequence: Int64?
}

/// An account and the start of a period.
struct BilledPeriodKey: Hashable {
    let accountKey: Int64
    let start: Instant
}
