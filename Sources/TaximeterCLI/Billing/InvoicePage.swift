import Mustache
import Taximeter

/// An invoice as a page of HTML: plain, light, made for paper. It needs no network and no script.
struct InvoicePage {
    private let title: String
    private let number: String?
    private let isDraft: Bool
    private let voided: String?
    private let period: String
    private let account: String
    private let issuer: String
    private let finalized: String?
    private let zone: String
    private let currency: String
    private let sections: [Section]
    private let subtotal: String?
    private let taxes: [Sum]
    private let total: String
    private let credits: [Sum]
    private let hasCredits: Bool
    private let due: String

    private struct Section {
        let heading: String
        let lines: [Line]
    }

    fileprivate struct Line {
        let description: String
        let note: String?
        let quantity: String
        let price: String
        let exact: String
        let amount: String
    }

    private struct Sum {
        let name: String
        let amount: String
    }

    /// - Parameter voided: Why it was voided; nil when it was not.
    init(_ invoice: Invoice, voided: String? = nil) {
        self.voided = voided
        let words = InvoiceWords(invoice)
        title = words.title
        number = invoice.issued?.number
        isDraft = invoice.issued == nil
        period = words.dates(of: invoice.period)
        account = invoice.account.text
        issuer = invoice.issuingEntity.text
        finalized = invoice.issued.map { words.date(of: $0.finalizedAt) }
        zone = invoice.timeZone.identifier
        currency = invoice.currency.code
        let taxLines = invoice.lines.filter { $0.kind == .tax }
        sections = words.sections.map { section in
            Section(heading: section.heading, lines: section.lines.map { Line($0, words) })
        }
        subtotal = taxLines.isEmpty ? nil : words.amount(of: invoice.lines.filter { $0.kind != .tax }.map(\.amount))
        taxes = taxLines.map { Sum(name: words.description(of: $0), amount: words.amount($0.amount)) }
        total = words.amount(invoice.total)
        credits = invoice.credits.map { Sum(name: $0.grant.text, amount: "−" + words.amount($0.amount)) }
        hasCredits = !invoice.credits.isEmpty
        due = words.amount(invoice.due)
    }

    /// The page.
    ///
    /// - Throws: What Mustache says of a template that cannot be read.
    func html() throws -> String {
        let template = EmbeddedText.files.first { $0.path == "templates/invoice.mustache" }?.text ?? ""
        return try MustacheTemplate(string: template).render(self)
    }
}

extension InvoicePage.Line {
    fileprivate init(_ line: InvoiceLine, _ words: InvoiceWords) {
        description = line.description
        note = words.note(on: line)
        quantity = line.kind == .usage ? Figures.count(String(line.quantity)) : ""
        price = words.price(of: line)
        exact = words.exact(line.exact)
        amount = words.amount(line.amount)
    }
}
