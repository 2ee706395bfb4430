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
        let parked = outcomes.filter { $0.parked != nil }
        if !parked.isEmpty { try connection.execute(ParkPeriods.sql(parked, at: job.now)) }
        let billable = outcomes.filter { $0.isBillable }
        if billable.isEmpty { return outcomes }
        try connection.execute(UnparkPeriods.sql(billable.flatMap(\.closing.rows)))
        try connection.execute(RemoveDrafts.sql(billable.map(\.closing.row)))
        if !job.options.finalizes {
            let drafts = billable.compactMap { outcome in
                outcome.invoice.map { (accountKey: outcome.closing.account.key, invoice: $0) }
            }
            if !drafts.isEmpty { try connection.execute(InsertDrafts.sql(drafts, at: job.now)) }
            return outcomes
        }
        let final = try issue(outcomes)
        try post(final.filter { $0.isBillable }, positions)
        try connection.execute(SettleBilled.sql(billable.flatMap(\.closing.rows)))
        return final
    }

    /// Gives invoices the next numbers. Whoever has locked the row of an issuing entity commits or rolls back, so there
    /// are no gaps; the lock comes last, for others wait for it.
    private func issue(_ outcomes: [BillOutcome]) throws -> [BillOutcome] {
        let invoices = outcomes.compactMap(\.invoice)
        let credits = try InvoiceCredits.read(outcomes, connection)
        let issues = try connection.query(CountIssues(outcomes.filter { $0.invoice != nil }.map(\.closing.row)))
        let issueOf = Dictionary(issues.map { ($0.key, $0.count) }) { first, _ in first }
        var numbers: [Identifier: TakenNumbers] = [:]
        for (entity, group) in Dictionary(grouping: invoices, by: \.issuingEntity).sorted(by: { $0.key < $1.key }) {
            numbers[entity] = try TakenNumbers.take(group.count, of: entity, connection)
        }
        return try outcomes.map { outcome in
            guard let invoice = outcome.invoice, let number = numbers[invoice.issuingEntity]?.next() else {
                return outcome
            }
            let key = PeriodKey(accountKey: outcome.closing.account.key, start: outcome.closing.period.start)
            let issued = Invoice.Issued(
                number: number.text, issue: Int32(issueOf[key] ?? 0) + 1, finalizedAt: job.now)
            return BillOutcome(
                closing: outcome.closing,
                result: .invoice(try invoice.issued(issued, credits: credits[outcome.closing.account.key] ?? [])),
                sequence: number.sequence)
        }
    }

    private func post(_ outcomes: [BillOutcome], _ positions: [Int64: Int64]) throws {
        let deferred = try connection.query(ReadDeferred(outcomes.map(\.closing.row)))
        let deferredOf = Dictionary(deferred.map { ($0.accountKey, $0) }) { first, _ in first }
        var transfers: [(accountKey: Int64, transfer: LedgerTransfer)] = []
        var links: [InvoiceLink] = []
        for outcome in outcomes {
            let key = outcome.closing.account.key
            let position = positions[key] ?? 0
            let before = deferredOf[key]
            if let invoice = outcome.invoice, let sequence = outcome.sequence {
                links.append(
                    InvoiceLink(accountKey: key, invoice: invoice, sequence: sequence, position: position + 1))
                let moved = try invoice.transfers(
                    closedThrough: before?.closedThrough ?? invoice.period.end,
                    recognising: before?.earned ?? .zero(invoice.currency))
                transfers += moved.map { (key, $0) }
            } else if let earned = before?.earned {
                let transfer = try LedgerTransfer.recognition(
                    of: earned, closing: outcome.closing.period, link: position, at: job.now)
                transfers += [transfer].compactMap { $0 }.map { (key, $0) }
            }
        }
        if !links.isEmpty {
            try connection.execute(InsertInvoices.sql(links))
            try CopyInvoiceLines.write(links, connection)
        }
        try LedgerWriter.write(transfers, connection)
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
