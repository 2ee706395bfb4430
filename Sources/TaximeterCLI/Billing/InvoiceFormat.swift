import ArgumentParser
import Taximeter
import TaximeterPostgres

/// The forms in which an invoice leaves.
enum InvoiceFormat: String, ExpressibleByArgument, CaseIterable {
    case text, html, json, csv

    /// The invoice in this form. JSON is the document itself, which the hash chain covers.
    func text(of stored: StoredInvoice) throws -> String {
        switch self {
        case .text: InvoiceText.text(stored.invoice, voided: stored.voided)
        case .html: try InvoicePage(stored.invoice, voided: stored.voided).html()
        case .json: stored.document + "\n"
        case .csv: InvoiceCSV.text(of: stored)
        }
    }
}
