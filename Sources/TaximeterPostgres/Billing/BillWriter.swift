import PostgresWire
import Taximeter

/// Writes what a transaction of billing came to: drafts, or final invoices with their numbers and what they move in the
/// ledger; what was parked; how far periods are billed.
struct BillWriter {
    let job: BillJob
    let connection: Connection

    /// - Parameter positions: The last link of each account's chain; none for drafts.
    /// - Returns: The outcomes, with invoices as they became final.
    func write(_ outcomes: [BillOutcome], _ positions: [Int64: Int64]) throws -> [BillOutcome] {
        let parked = outcomes.compactMap { outcome in
            outcome.parked.map { ParkedPeriod(row: outcome.closing.row, reason: $0) }
        }
        if !parked.isEmpty { try connection.execute(ParkPeriods.sql(parked, at: job.now)) }
        // What drafts of before say does not hold any more; of a period that waits to be final it may.
        let drafted = outcomes.flatMap { outcome in
            if !job.options.finalizes || outcome.parked != nil { return [outcome.closing.row] }
            return outcome.isBillable ? outcome.closing.rows : []
        }
        if !drafted.isEmpty { try connection.execute(RemoveDrafts.sql(drafted)) }
        let billable = outcomes.filter { $0.isBillable }
        if billable.isEmpty { return outcomes }
        try connection.execute(UnparkPeriods.sql(billable.flatMap(\.closing.rows)))
        if !job.options.finalizes {
            let drafts = billable.compactMap { outcome in
                outcome.invoice.map { (accountKey: outcome.closing.account.key, invoice: $0) }
            }
            if !drafts.isEmpty { try connection.execute(InsertDrafts.sql(drafts, at: job.now)) }
            return outcomes
        }
        return try finalize(outcomes, positions)
    }

    /// What has to be known before an invoice gets its number.
    private struct Unnumbered {
        let credits: [Int64: [Invoice.CreditUse]]
        let issues: [PeriodKey: Int64]
        let deferred: [Int64: ReadDeferred.Row]

        init(_ outcomes: [BillOutcome], _ connection: Connection) throws {
            credits = try InvoiceCredits.read(outcomes, locks: true, connection)
            let issued = try connection.query(CountIssues(outcomes.filter { $0.invoice != nil }.map(\.closing.row)))
            issues = Dictionary(issued.map { ($0.key, $0.count) }) { first, _ in first }
            let billable = outcomes.filter(\.isBillable).map(\.closing.row)
            let rows = try connection.query(ReadDeferred(billable))
            deferred = Dictionary(rows.map { ($0.accountKey, $0) }) { first, _ in first }
        }
    }

    /// Makes invoices final. Whoever has locked the row of an issuing entity commits or rolls back, so there are no gaps
    /// in the numbers; others wait for it, so the lock comes last: all that needs no number is done before.
    private func finalize(_ outcomes: [BillOutcome], _ positions: [Int64: Int64]) throws -> [BillOutcome] {
        let known = try Unnumbered(outcomes, connection)
        try connection.execute(SettleBilled.sql(outcomes.filter(\.isBillable).flatMap(\.closing.rows)))
        let prepared = try outcomes.map { outcome in try prepare(outcome, known) }

        var numbers: [Identifier: TakenNumbers] = [:]
        let entities = Dictionary(grouping: outcomes.compactMap(\.invoice), by: \.issuingEntity)
        for (entity, invoices) in entities.sorted(by: { $0.key < $1.key }) {
            numbers[entity] = try TakenNumbers.take(invoices.count, of: entity, connection)
        }
        var final: [BillOutcome] = []
        var transfers: [(accountKey: Int64, transfer: LedgerTransfer)] = []
        var links: [InvoiceLink] = []
        for (outcome, prepared) in zip(outcomes, prepared) {
            let key = outcome.closing.account.key
            let position = positions[key] ?? 0
            let before = known.deferred[key]
            guard let prepared, let number = numbers[prepared.invoice.issuingEntity]?.next() else {
                final.append(outcome)
                if outcome.isBillable, let earned = before?.earned {
                    let transfer = try LedgerTransfer.recognition(
                        of: earned, closing: outcome.closing.period, link: position, at: job.now)
                    transfers += [transfer].compactMap { $0 }.map { (key, $0) }
                }
                continue
            }
            let invoice = try prepared.numbered(number.text, at: job.now)
            final.append(BillOutcome(closing: outcome.closing, result: .invoice(invoice)))
            links.append(
                InvoiceLink(
                    accountKey: key, invoice: invoice, document: invoice.document(body: prepared.body),
                    sequence: number.sequence, position: position + 1))
            let moved = try invoice.transfers(
                closedThrough: before?.closedThrough ?? invoice.period.end,
                recognising: before?.earned ?? .zero(invoice.currency))
            transfers += moved.map { (key, $0) }
        }
        if !links.isEmpty {
            try connection.execute(InsertInvoices.sql(links))
            try CopyInvoiceLines.write(links, connection)
            try connection.execute(
                KeepInvoicedMonths.sql(links.map { ($0.accountKey, $0.invoice.issued?.number ?? "") }))
        }
        try LedgerWriter.write(transfers, connection)
        let accountKeys = Set(outcomes.filter(\.isBillable).map(\.closing.account.key))
        try connection.execute(KeepBalances.sql(accountKeys.sorted()))
        return final
    }

    /// An invoice that lacks its number alone.
    private struct Prepared {
        let invoice: Invoice
        let issue: Int32
        let body: String

        func numbered(_ number: String, at now: Instant) throws -> Invoice {
            try invoice.issued(Invoice.Issued(number: number, issue: issue, finalizedAt: now))
        }
    }

    private func prepare(_ outcome: BillOutcome, _ known: Unnumbered) throws -> Prepared? {
        guard let invoice = outcome.invoice else { return nil }
        let key = PeriodKey(accountKey: outcome.closing.account.key, start: outcome.closing.period.start)
        let paid = try invoice.paid(by: known.credits[key.accountKey] ?? [])
        return Prepared(invoice: paid, issue: Int32(known.issues[key] ?? 0) + 1, body: paid.documentBody)
    }
}

extension BillOutcome {
    /// The invoice, where there is one.
    var invoice: Invoice? { if case .invoice(let invoice) = result { invoice } else { nil } }

    /// Why it was parked.
    var parked: ParkReason? { if case .parked(let reason) = result { reason } else { nil } }

    /// Whether the period is billed, be there something to bill or not.
    var isBillable: Bool {
        switch result {
        case .invoice, .nothing: true
        case .parked, .waiting: false
        }
    }
}

/// Numbers of an issuing entity that this transaction has taken.
struct TakenNumbers {
    private let prefix: String
    private var sequence: Int64
    private let last: Int64

    /// Takes the next ones, and locks the entity. One that is not known yet gets its own name for a prefix.
    static func take(_ count: Int, of entity: Identifier, _ connection: Connection) throws -> TakenNumbers {
        if let taken = try connection.query(TakeNumbers(entity: entity, count: count)).first { return taken }
        try connection.execute(InsertEntity.sql(entity))
        guard let taken = try connection.query(TakeNumbers(entity: entity, count: count)).first else {
            throw StoreError(
                .account, "issuing entity \(entity) has no number prefix: another has \(entity)- already; insert one")
        }
        return taken
    }

    init(prefix: String, last: Int64, count: Int) {
        self.prefix = prefix
        self.last = last
        sequence = last - Int64(count)
    }

    /// The next one; nil when all are given out.
    mutating func next() -> (text: String, sequence: Int64)? {
        guard sequence < last else { return nil }
        sequence += 1
        let digits = String(sequence)
        return (prefix + String(repeating: "0", count: max(0, 6 - digits.count)) + digits, sequence)
    }
}
