import Taximeter
import TaximeterPostgres

/// An invoice as CSV: a row a line, every amount exact, and whether it still counts.
enum InvoiceCSV {
    static let columns = [
        "number", "account", "line", "kind", "line_id", "period_start", "period_end", "adjusts", "plan", "price_book",
        "model", "version_from", "channel", "service_tier", "band", "schedule", "token_class", "tier_step", "allowance",
        "description", "quantity", "unit_price", "fees", "exact_amount", "amount", "currency", "state",
    ]

    static func text(of stored: StoredInvoice) -> String {
        let invoice = stored.invoice
        let state = stored.voided != nil ? "void" : invoice.issued == nil ? "draft" : "final"
        let rows = invoice.lines.enumerated().map { place, line in
            let usage = line.usage
            let names: [String?] = [
                usage?.plan?.text, usage?.priceBook.text, usage?.model.text, usage.map { "\($0.versionFrom)" },
                usage?.channel.text, usage?.serviceTier.text, usage?.band?.text, usage?.schedule?.text,
                usage?.tokenClass.name, usage?.tier.map { String($0.step + 1) }, usage?.allowance?.text,
            ]
            return [
                invoice.issued?.number ?? "", invoice.account.text, String(place + 1), line.kind.rawValue, line.id,
                "\(line.period.start)", "\(line.period.end)", line.adjusts ?? "",
            ] + names.map { $0 ?? "" } + [
                line.description, String(line.quantity), line.unitPrice?.decimalText ?? "", line.fees.decimalText,
                line.exact.decimalText, line.amount.decimalText, invoice.currency.code, state,
            ]
        }
        return CSVText.text([columns] + rows)
    }
}
