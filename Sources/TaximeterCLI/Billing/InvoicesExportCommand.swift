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
            % and two hexadecimal digits. Voided ones are written too, and say so as html and text. Files are whole or not \
            there; running it again writes the same bytes. Drafts are left out: they have no number.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(
        help: ArgumentHelp("Periods that end in this month on their accounts' clocks: 2026-01.", valueName: "month"))
    var month: MonthArgument

    @Option(help: ArgumentHelp("Only those of this account.", valueName: "account"))
    var account: NameArgument?

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
        try database.store(connections: 1).finalInvoices(of: account?.name, month: month.month) { number, stored in
            let file = folder.appending(path: "\(Self.fileName(number)).\(format == .text ? "txt" : format.rawValue)")
            do {
                try Data(format.text(of: stored).utf8).write(to: file, options: .atomic)
            } catch let error as CocoaError {
                throw InputError(file: file.path, problem: "it cannot be written: \(error.localizedDescription)")
            }
            count += 1
        }
        print("\(count) invoices in \(folder.path)")
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
        return name
    }
}
