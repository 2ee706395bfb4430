import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter tariffs load`.
struct TariffsLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Add price books to the store.",
        discussion: """
            Every fault of every file is reported before anything is stored; a book that contradicts the store is refused \
            by itself, after those before it were stored. Loading the same book again does nothing, and a new price is a \
            new version. Nothing of a stored version that has priced usage ever changes; a version that has priced nothing \
            yet is replaced, and one in use can be ended. The next taximeter run rates again what has changed.
            """)

    @Argument(help: "Price books, YAML or JSON.")
    var files: [String]
    @Flag(
        help: """
            Price what accounts use without a subscription by this book, also what they have used: what was billed is \
            adjusted. The first book does without being asked.
            """
    )
    var `default` = false
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if `default`, files.count != 1 { throw ValidationError("--default takes one file") }
    }

    func run() throws {
        let books = try PriceBookFiles.read(files)
        let store = try database.store()
        for (file, book) in zip(files, books) {
            let load = try store.load(book, asDefault: `default`)
            var versions = load.newVersions == 0 ? "nothing new" : "\(load.newVersions) new versions"
            if load.replacedVersions > 0 { versions += ", \(load.replacedVersions) unused versions replaced" }
            var rerate =
                load.periodsToRate == 0 ? "" : "; the next run rates \(load.periodsToRate) account periods again"
            if load.billedPeriods > 0 {
                rerate += ". Of these \(load.billedPeriods) were billed: what changes in them is on the next invoices"
            }
            print(
                "\(file): \(book.name) (\(book.currency)): \(versions)\(load.isDefault ? ", the default book" : "")\(rerate)"
            )
        }
    }
}
