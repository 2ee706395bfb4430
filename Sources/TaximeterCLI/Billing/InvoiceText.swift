import Taximeter

/// An invoice for a terminal.
enum InvoiceText {
    /// Header, lines, totals.
    static func text(_ invoice: Invoice, voided: String? = nil) -> String {
        let title = invoice.kind == .invoice ? "Invoice" : "Credit note"
        var text = "\(title) \(invoice.issued?.number ?? "(draft)")\n"
        if let voided { text += "VOID: \(voided)\n" }
        text += "account   \(invoice.account)\nissued by \(invoice.issuingEntity)\n"
        text += "period    \(invoice.period), shown in \(invoice.timeZone.identifier)\n"
        if let issued = invoice.issued { text += "final     \(issued.finalizedAt), issue \(issued.issue)\n" }
        var table = TextTable([
            .init(title: "line", isNumber: true), .init(title: "what", isNumber: false),
            .init(title: "quantity", isNumber: true), .init(title: "unit price", isNumber: true),
            .init(title: "exact", isNumber: true), .init(title: invoice.currency.code, isNumber: true),
        ])
        for (index, line) in invoice.lines.enumerated() {
            table.append([
                String(index + 1), words(line, of: invoice), Figures.count(String(line.quantity)),
                line.unitPrice?.decimalText ?? "", line.exact.decimalText, Figures.money(line.amount),
            ])
        }
        table.appendTotal(["", "total", "", "", "", Figures.money(invoice.total)])
        for use in invoice.credits {
            table.appendTotal(["", "credit \(use.grant)", "", "", "", "−" + Figures.money(use.amount)])
        }
        if !invoice.credits.isEmpty { table.appendTotal(["", "due", "", "", "", Figures.money(invoice.due)]) }
        return text + "\n" + table.text
    }

    private static func words(_ line: InvoiceLine, of invoice: Invoice) -> String {
        var text = line.description
        if line.period != invoice.period { text += " (\(line.period))" }
        if let adjusts = line.adjusts { text += ", adjusts \(adjusts)" }
        return text
    }
}
