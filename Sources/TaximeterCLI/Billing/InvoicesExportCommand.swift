import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter invoices export`.
struct InvoicesExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the invoices of a month into a folder, a file each.",
        discussion: """
            A file is named after its invoice's number; what is no letter, digit, dot, dash or underline of it is written as \
            % and two hexadecimal digits, and of more than 200 bytes the beginning is kept, with a hash. Voided ones are \
            written too, and say so as html and text. Files are whole or not there; running it again writes the same bytes.

            With --drafts it writes the month's drafts instead, as the last run of taximeter bill made them. A draft has no \
            number: its file is named after its account and the start of its period. Use a folder of their own; those of \
            earlier drafts are not removed.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(
        help: ArgumentHelp("Periods that end in this month on their accounts' clocks: 2026-01.", valueName: "month"))
    var month: MonthArgument

    @Option(help: ArgumentHelp("Only those of this account.", valueName: "account"))
    var account: NameArgument?

    @Flag(help: "Write drafts instead of what is final.")
    var drafts = false

    @Option(help: "The form of each file.")
    var format: InvoiceFormat = .html

    @Argument(help: "The folder; made when it is not there.")
    var folder: String

    func run() throws {
        let folder = URL(filePath: folder, directoryHint: .isDirectory)
        var count = 0
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw InputError(file: folder.path, problem: "the folder cannot be made: \(error.localizedDescription)")
        }
        let store = try database.store(connections: 1)
        if drafts {
            try store.drafts(of: account?.name, month: month.month) { draft in
                try write(draft, Self.draftName(draft.invoice), folder)
                count += 1
            }
        } else {
            try store.finalInvoices(of: account?.name, month: month.month) { number, stored in
                try write(stored, number, folder)
                count += 1
            }
        }
        print("\(count) \(drafts ? "drafts" : "invoices") in \(folder.path)")
    }

    private func write(_ stored: StoredInvoice, _ name: String, _ folder: URL) throws {
        let file = folder.appending(path: "\(Self.fileName(name)).\(format == .text ? "txt" : format.rawValue)")
        do {
            try Data(format.text(of: stored).utf8).write(to: file, options: .atomic)
        } catch let error as CocoaError {
            throw InputError(file: file.path, problem: "it cannot be written: \(error.localizedDescription)")
        }
    }

    /// What the file of a draft is named after: an account has one for each period.
    private static func draftName(_ draft: Invoice) -> String {
        "draft-\(draft.account)-\(draft.period.start.description.filter { $0 != ":" && $0 != "-" })"
    }

    /// A number as the name of a file, whatever an issuing entity is called.
    static func fileName(_ number: String) -> String {
        var name = ""
        for byte in number.utf8 {
            let isPlain =
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "."): !name.isEmpty
                default: false
                }
            let hexadecimal = String(byte, radix: 16, uppercase: true)
            name += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + hexadecimal
        }
        // A file system takes 255 bytes, the ending included.
        if name.utf8.count <= 200 { return name }
        var hash = ContentHash()
        hash.combine(name.utf8)
        return "\(name.prefix(167))~\(hash.hexadecimal)"
    }
}
