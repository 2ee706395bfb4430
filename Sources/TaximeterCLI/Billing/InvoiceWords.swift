import Taximeter

/// How an invoice is put for people: dates on the account's clock, prices a million tokens, amounts with thousands apart.
struct InvoiceWords {
    let invoice: Invoice

    init(_ invoice: Invoice) { self.invoice = invoice }

    /// Lines under one heading.
    struct Section {
        let heading: String
        let lines: [InvoiceLine]
    }

    var title: String {
        switch (invoice.kind, invoice.issued) {
        case (_, nil): "Draft invoice"
        case (.invoice, _): "Invoice"
        case (.creditNote, _): "Credit note"
        }
    }

    /// The period's own lines, fees ahead, and adjustments by the period that they belong to; taxes are totals.
    var sections: [Section] {
        var sections: [Section] = []
        var period: BillingPeriod?
        var lines: [InvoiceLine] = []
        func close() {
            if let period, !lines.isEmpty { sections.append(Section(heading: heading(of: period), lines: lines)) }
            lines = []
        }
        for line in invoice.lines where line.kind != .tax {
            if line.period != period { close() }
            period = line.period
            lines.append(line)
        }
        close()
        return sections
    }

    private func heading(of period: BillingPeriod) -> String {
        if period == invoice.period { return "This period" }
        return (period > invoice.period ? "In advance for " : "Adjustments of ") + dates(of: period)
    }

    /// The first and the last day of a period.
    func dates(of period: BillingPeriod) -> String {
        let last = Instant(microseconds: period.end.microseconds - 1) ?? period.end
        let (from, until) = (date(of: period.start), date(of: last))
        return from == until ? from : "\(from) to \(until)"
    }

    /// The day that the account's calendar shows.
    func date(of instant: Instant) -> String {
        let microseconds = instant.microseconds + invoice.timeZone.offset(at: instant)
        let day: Int64 = 86_400_000_000
        return "\(CivilDate(daysSinceEpoch: microseconds / day - (microseconds % day < 0 ? 1 : 0)))"
    }

    /// What is said below a line.
    func note(on line: InvoiceLine) -> String? {
        var notes: [String] = []
        if let number = line.adjusts { notes.append("adjusts \(number)") }
        if let usage = line.usage {
            notes.append((usage.plan.map { "plan \($0), " } ?? "") + "prices from \(date(of: usage.versionFrom))")
        }
        if line.fees.units != 0 { notes.append("with fees of \(exact(line.fees))") }
        return notes.isEmpty ? nil : notes.joined(separator: ", ")
    }

    /// A tax line, with its period where that is another.
    func description(of tax: InvoiceLine) -> String {
        tax.period == invoice.period ? tax.description : "\(tax.description), \(dates(of: tax.period))"
    }

    /// What a million tokens cost; nothing where there is no price.
    func price(of line: InvoiceLine) -> String {
        guard line.kind == .usage, let price = line.unitPrice, let million = try? price * 1_000_000 else { return "" }
        return exact(million)
    }

    /// An amount in whole minor units.
    func amount(_ money: Money) -> String {
        Figures.decimal(money.decimalText, places: money.currency.minorUnitDigits)
    }

    /// A sum of such amounts; a dash where they do not add up.
    func amount(of amounts: [Money]) -> String {
        var sum = Money.zero(invoice.currency)
        for amount in amounts {
            guard let next = try? sum + amount else { return "–" }
            sum = next
        }
        return amount(sum)
    }

    /// Every decimal that the amount has, at least those of the minor unit.
    func exact(_ money: Money) -> String {
        let text = money.decimalText
        let decimals = text.split(separator: ".").dropFirst().first?.count ?? 0
        return Figures.decimal(text, places: max(decimals, money.currency.minorUnitDigits))
    }
}
