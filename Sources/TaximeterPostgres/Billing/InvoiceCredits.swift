import PostgresWire
import Taximeter

/// What credits pay of invoices.
enum InvoiceCredits {
    /// By account.
    ///
    /// - Parameters:
    ///   - drafted: What drafts of the same run use already.
    ///   - locks: Whether the grants are locked until the transaction's end, as they are for invoices that become final.
    static func read(
        _ outcomes: [BillOutcome], less drafted: [Int64: [Invoice.CreditUse]] = [:], locks: Bool,
        _ connection: Connection
    ) throws -> [Int64: [Invoice.CreditUse]] {
        let billed = outcomes.filter { $0.invoice != nil }
        if billed.isEmpty { return [:] }
        let open = try OpenGrants.read(closing: billed.map(\.closing.row), locks: locks, connection)
        var uses: [Int64: [Invoice.CreditUse]] = [:]
        for outcome in billed {
            let key = outcome.closing.account.key
            guard let invoice = outcome.invoice, let open = open[key] else { continue }
            let used = drafted[key] ?? []
            uses[key] = try CreditPlanner.use(
                grants: open.grants.filter { $0.left.currency == invoice.currency }.map { try $0.less(used) },
                lines: invoice.lines.map { PayableLine($0) }, at: invoice.period, shared: open.shared
            ).map { Invoice.CreditUse(grant: $0.grant, amount: $0.amount) }
        }
        return uses
    }
}

extension OpenGrant {
    /// What drafts leave of it.
    fileprivate func less(_ uses: [Invoice.CreditUse]) throws(MoneyError) -> OpenGrant {
        var left = left
        for use in uses where use.grant == grant.id { left = try left - use.amount }
        return OpenGrant(grant: grant, left: left)
    }
}
