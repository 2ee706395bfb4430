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
        /// The drafts, the last one last.
        private(set) var drafts: [Int64: [Invoice]] = [:]
        /// Whether nothing was looked at yet.
        private(set) var isFirst = true

        mutating func add(_ round: Round) {
            isFirst = false
            closed.merge(round.closed) { $1 }
            for (key, draft) in round.drafts { drafts[key, default: []].append(draft) }
        }
    }

    /// What one transaction did.
    struct Round {
        var summary = BillSummary()
        var closed: [Int64: Instant] = [:]
        var drafts: [Int64: Invoice] = [:]
    }

    /// A period that is to be closed, and what the invoice may adjust.
    struct Closing {
        let account: InvoicedAccount
        let period: BillingPeriod
        let earlier: [BillingPeriod]
        /// Why it cannot be billed, as far as its row tells.
        let parked: ParkReason?
        private(set) var isWaiting: Bool

        /// The same, of which somebody else has made the row since it was looked for: it may have usage that was not read.
        var waiting: Closing {
            var closing = self
            closing.isWaiting = true
            return closing
        }

        var next: BillingPeriod { account.calendar.period(containing: period.end) }
        var row: AccountPeriod { AccountPeriod(accountKey: account.key, start: period.start, end: period.end) }
        /// All rows that an invoice settles.
        var rows: [AccountPeriod] { earlierRows + [row] }
        var earlierRows: [AccountPeriod] {
            earlier.map { AccountPeriod(accountKey: account.key, start: $0.start, end: $0.end) }
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
        var round = Round()
        let closings = try closings(accountKeys, &round)
        if closings.isEmpty { return round }

        let inputs = try BillInputs(closings, job, connection)
        var outcomes: [BillOutcome] = []
        for closing in closings {
            round.closed[closing.account.key] = closing.period.start
            let invoice = try outcome(of: closing, inputs)
            outcomes.append(BillOutcome(closing: closing, result: invoice))
        }
        if !writesFinal { outcomes = try paid(outcomes) }
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
            let drafted = (progress.drafts[account.key] ?? []).flatMap { draft in
                draft.lines.map { BilledLine($0, number: "draft") }
            }
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
            if !writesFinal { round.drafts[closing.account.key] = invoice }
        }
    }

    /// Drafts with what credits would pay of them; what is final gets them where it is written, from locked grants.
    private func paid(_ outcomes: [BillOutcome]) throws -> [BillOutcome] {
        let drafted = progress.drafts.mapValues { $0.flatMap(\.credits) }
        let credits = try InvoiceCredits.read(outcomes, less: drafted, locks: false, connection)
        return try outcomes.map { outcome in
            guard let invoice = outcome.invoice, let uses = credits[outcome.closing.account.key] else { return outcome }
            return BillOutcome(closing: outcome.closing, result: .invoice(try invoice.paid(by: uses)))
        }
    }

    // MARK: What there is to close

    private func closings(_ accountKeys: [Int64], _ round: inout Round) throws -> [Closing] {
        let rows = Dictionary(
            grouping: try connection.query(
                LockUnbilledPeriods(accountKeys: accountKeys, until: job.month.latestEnd, writes: writesFinal)),
            by: \.accountKey)
        let accounts = try InvoicedAccount.read(accountKeys, job.prices, connection)
        let bounded = Dictionary(
            try connection.query(ReadParkedBounds(accountKeys: accountKeys)).map { ($0.key, $0.reason) },
            uniquingKeysWith: { first, _ in first })
        if progress.isFirst { try park(rows, accounts, bounded, &round) }
        let missing = try missingPeriods(accounts, rows)
        let dirty = try connection.query(ReadDirtyHourStarts())
        var closings: [Closing] = []
        var added: [AccountPeriod] = []
        for key in accountKeys {
            guard let account = accounts[key] else { continue }
            let month = job.month.range(in: account.agreement.timeZone)
            let rows = (rows[key] ?? []).filter { $0.period.end <= month.upperBound }
            let stored = rows.filter { $0.isOpen && $0.period.end > month.lowerBound }
            let open = (stored + (missing[key] ?? [])).sorted { $0.period < $1.period }
            let looked = progress.closed[key]
            guard let first = open.first(where: { row in looked.map { row.period.start > $0 } ?? true }) else {
                continue
            }
            let closing = closing(first, account, rows, openFrom: stored.first, dirty, bounded)
            let isMissing = !stored.contains { $0.period == first.period }
            // Without a plan, a period without usage is only billed for what it adjusts.
            if isMissing, closing.earlier.isEmpty, !account.calendar.hasPlan(in: first.period) { continue }
            if isMissing { added.append(closing.row) }
            closings.append(closing)
        }
        if !writesFinal || added.isEmpty { return closings }
        let made = Set(try connection.query(OpenPeriods(added, stale: false)).map(\.key))
        let met = Set(added.map(\.key)).subtracting(made)
        return closings.map { met.contains($0.row.key) ? $0.waiting : $0 }
    }

    /// Parks what was used in earlier periods and cannot be billed: their invoices are made by now, or their month's run is
    /// over, so that no closing says so. What exceeded a bound there is told again, for as long as it waits.
    private func park(
        _ rows: [Int64: [UnbilledPeriod]], _ accounts: [Int64: InvoicedAccount], _ bounded: [PeriodKey: ParkReason],
        _ round: inout Round
    ) throws {
        var parked: [ParkedPeriod] = []
        for (key, account) in accounts.sorted(by: { $0.key < $1.key }) {
            let month = job.month.range(in: account.agreement.timeZone)
            for row in rows[key] ?? [] where row.period.end <= month.upperBound && !row.isStale {
                let hasClosing = row.isOpen && row.period.end > month.lowerBound
                if hasClosing { continue }
                let isAccepted = options.accepted.contains(account.agreement.account)
                let exceeded = isAccepted ? nil : bounded[PeriodKey(accountKey: key, start: row.period.start)]
                guard let reason = reasonToPark(row, account) ?? exceeded else { continue }
                parked.append(
                    ParkedPeriod(
                        row: AccountPeriod(accountKey: key, start: row.period.start, end: row.period.end),
                        reason: reason))
                round.summary.parked.append(
                    BillSummary.Parked(account: account.agreement.account, period: row.period, reason: reason))
            }
        }
        if parked.isEmpty || options.isDryRun { return }
        try connection.execute(ParkPeriods.sql(parked, at: job.now))
    }

    private func closing(
        _ row: UnbilledPeriod, _ account: InvoicedAccount, _ rows: [UnbilledPeriod], openFrom: UnbilledPeriod?,
        _ dirty: [Instant], _ bounded: [PeriodKey: ParkReason]
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
                    || bounded[PeriodKey(accountKey: account.key, start: other.period.start)] == nil)
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

    /// Periods that end in the month and have no row, for they have no usage: those with a plan; of accounts that have
    /// something to adjust and no period to do so, the last one.
    private func missingPeriods(
        _ accounts: [Int64: InvoicedAccount], _ rows: [Int64: [UnbilledPeriod]]
    ) throws -> [Int64: [UnbilledPeriod]] {
        var candidates: [AccountPeriod] = []
        for (key, account) in accounts {
            var periods = account.plannedPeriods(endingIn: job.month)
            let month = job.month.range(in: account.agreement.timeZone)
            let rows = (rows[key] ?? []).filter { $0.period.end <= month.upperBound }
            let hasOpen = rows.contains { $0.isOpen && $0.period.end > month.lowerBound }
            if periods.isEmpty, !hasOpen, !rows.isEmpty, progress.closed[key] == nil {
                periods += [account.lastPeriod(endingIn: job.month)].compactMap { $0 }
            }
            candidates += periods.map { AccountPeriod(accountKey: key, start: $0.start, end: $0.end) }
        }
        if candidates.isEmpty { return [:] }
        let known = Set(
            try connection.query(ReadKnownPeriods(candidates)).map {
                PeriodKey(accountKey: $0.accountKey, start: $0.start)
            })
        var missing: [Int64: [UnbilledPeriod]] = [:]
        for row in candidates where !known.contains(PeriodKey(accountKey: row.accountKey, start: row.start)) {
            guard let period = BillingPeriod(start: row.start, end: row.end) else { continue }
            missing[row.accountKey, default: []].append(
                UnbilledPeriod(
                    accountKey: row.accountKey, period: period, isStale: false, isOpen: true, unpricedEvents: 0))
        }
        return missing
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
}
