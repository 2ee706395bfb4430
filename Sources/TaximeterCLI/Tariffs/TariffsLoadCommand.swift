import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter tariffs load`.
struct TariffsLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Add price books to the store.",
        discussion: """
            Every fault of every file is reported before anything is stored. Stored versions never change: loading the same \
            book again does nothing, a new price is a new version, and one that contradicts a stored version is refused. \
            The next taximeter run rates again what a new version covers.
            """)

    @Argument(help: "Price books, YAML or JSON.")
    var files: [String]
    @Flag(
        help: "Price accounts without a subscription by this book from now on. The first book does without being asked."
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
            let versions = load.newVersions == 0 ? "nothing new" : "\(load.newVersions) new versions"
            let rerate =
                load.periodsToRate == 0 ? "" : "; the next run rates \(load.periodsToRate) account periods again"
            print(
                "\(file): \(book.name) (\(book.currency)): \(versions)\(load.isDefault ? ", the default book" : "")\(rerate)"
            )
        }
    }
}
