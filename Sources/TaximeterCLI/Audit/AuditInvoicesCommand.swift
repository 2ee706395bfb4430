import ArgumentParser
import Foundation
import TaximeterPostgres

/// `taximeter audit invoices`: nothing that is final has changed, and it says what was used.
struct AuditInvoicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoices",
        abstract: "Hold invoices against their hashes, documents and numbers, and their lines against rated usage.",
        discussion: """
            Per account: invoices and voids are the links of an unbroken chain of SHA-256. Per issuing entity: numbers \
            without a gap. Lines, as stored and in the document, add up to the total; lines of usage add up to what was \
            rated, in every period that has not changed since it was billed; others are pending. Every difference is a line, \
            and the exit code is then 65.

            That the last invoices of a chain were taken away shows only against its end, kept elsewhere: write the ends \
            with --export-heads, and give them back with --heads. It only reads, as role taximeter_reader; the same is in \
            the views taximeter.invoice_audit, invoice_totals and invoice_chain_heads.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("Write the ends of all chains to this file.", valueName: "file"))
    var exportHeads: String?

    @Option(help: ArgumentHelp("Ends of chains, as --export-heads wrote them.", valueName: "file"))
    var heads: String?

    func run() throws {
        let store = try database.store(connections: 1)
        let audit = try store.auditInvoices(against: try heads.map(Self.read) ?? []) { print($0) }
        print(Self.text(audit))
        if audit.differences > 0 { throw ExitCode.badData }
        if let exportHeads {
            // One line an account: position, hash, and last the account, which may contain anything but a line break.
            var text = ""
            try store.invoiceChainHeads { text += "\($0.position) \($0.hash) \($0.account)\n" }
            do {
                try Data(text.utf8).write(to: URL(filePath: exportHeads), options: .atomic)
            } catch {
                throw InputError(file: exportHeads, problem: "cannot be written: \(error.localizedDescription)")
            }
        }
    }

    private static func read(_ path: String) throws -> [InvoiceAudit.Head] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw InputError(file: path, problem: "cannot be read")
        }
        return try String(decoding: data, as: UTF8.self).split(separator: "\n").enumerated().map { index, line in
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let position = Int64(parts[0]) else {
                throw InputError(
                    file: path,
                    problem: "line \(index + 1): expected a position, a hash and an account; found \"\(line)\"")
            }
            return InvoiceAudit.Head(account: String(parts[2]), position: position, hash: String(parts[1]))
        }
    }

    static func text(_ audit: InvoiceAudit) -> String {
        func count(_ number: Int64) -> String { Figures.count(String(number)) }
        let totals = audit.totals
        return
            "\(count(totals.invoices)) invoices, \(count(totals.voided)) of them void, \(count(totals.lines)) lines; "
            + "\(count(totals.billed)) periods billed, \(count(totals.pending)) pending, \(count(totals.parked)) parked: "
            + "\(count(Int64(audit.differences))) differences"
    }
}

/// `taximeter audit ledger`: the books balance, and say what the invoices say.
struct AuditLedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Hold the ledger's balances against its transfers, and these against the invoices.",
        discussion: """
            Prints the trial balance, which sums to zero in each currency. Every difference is a line, and the exit code is \
            then 65. It only reads, as role taximeter_reader; the same is in the views taximeter.ledger_audit and \
            taximeter.trial_balance.
            """)

    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let store = try database.store(connections: 1)
        let differences = try store.auditLedger { print($0) }
        var table = TextTable([
            .init(title: "currency", isNumber: false), .init(title: "ledger account", isNumber: false),
            .init(title: "debits less credits", isNumber: true),
        ])
        for row in try store.trialBalance() { table.append([row.currency, row.ledgerAccount, row.balance]) }
        print(table.rows.isEmpty ? "" : table.text, terminator: "")
        print("\(Figures.count(String(differences))) differences")
        if differences > 0 { throw ExitCode.badData }
    }
}
