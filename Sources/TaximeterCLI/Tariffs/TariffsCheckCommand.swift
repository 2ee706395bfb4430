import ArgumentParser
import Foundation
import Taximeter

/// `taximeter tariffs check`.
struct TariffsCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say everything that is wrong in price books.",
        discussion: """
            Every error of every file is a line on standard error, file:line:column: key: found …; expected …, as editors and \
            CI read them; the exit code is then 65, or 74 where a file just cannot be read. Else a line a file on standard \
            output. Needs no database.
            """)

    @Argument(help: "Price books, YAML or JSON; - for standard input.")
    var files: [String]

    func run() throws {
        do {
            for (file, book) in zip(files, try PriceBookFiles.read(files)) {
                let versions = book.tariffs.reduce(0) { $0 + $1.versions.count }
                print(
                    "\(file == "-" ? "stdin" : file): \(book.name) (\(book.currency)): "
                        + "\(Self.counted(book.tariffs.count, "tariff")), \(Self.counted(versions, "version"))")
            }
        } catch let faults as FileFaults {
            // Without the command's name in front: a line begins with its file.
            FileHandle.standardError.write(Data("\(faults)\n".utf8))
            throw ExitCode(for: faults) ?? .badData
        }
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
