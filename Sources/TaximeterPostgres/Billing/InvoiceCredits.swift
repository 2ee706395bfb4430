import PostgresWire
import Taximeter

/// What credits pay of invoices that become final.
enum InvoiceCredits {
    /// By account; the grants are locked until the transaction's end.
    static func read(
        _ outcomes: [BillOutcome], _ connection: Connection
    ) throws -> [Int64: [Invoice.CreditUse]] {
        let billed = outcomes.filter { $0.invoice != nil }
        if billed.isEmpty { return [:] }
        let open = try OpenGrants.read(closing: billed.map(\.closing.row), connection)
        var uses: [Int64: [Invoice.CreditUse]] = [:]
        for outcome in billed {
            let key = outcome.closing.account.key
            guard let invoice = outcome.invoice, let grants = open[key] else { continue }
            uses[key] = try CreditPlanner.use(
                grants: grants.filter { $0.left.currency == invoice.currency },
                lines: invoice.lines.map { PayableLine($0) }, at: invoice.period
            ).map { Invoice.CreditUse(grant: $0.grant, amount: $0.amount) }
        }
        return uses
    }
}
