import ArgumentParser
import Taximeter
import TaximeterPostgres

/// Which price book a command reads: a file, or one of the store.
struct PriceBookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A price book, YAML or JSON; - for standard input. Needs no database.", valueName: "file"))
    var priceBook: String?
    @Option(
        help: ArgumentHelp(
            "A price book of the store. Without --price-book and --book, its default book.", valueName: "name"))
    var book: String?
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if priceBook != nil, book != nil { throw ValidationError("give --price-book or --book, not both") }
    }

    /// The book.
    func read() throws -> PriceBook {
        if let priceBook, let read = try PriceBookFiles.read(priceBook) { return read }
        return try database.store(connections: 1).priceBook(named: book)
    }
}

/// Which models of a book a command speaks of.
struct ModelOptions: ParsableArguments {
    @Option(help: "Only this model, by its name or another that it has.")
    var model: String?

    /// The models of a book that are asked for: those with the name at an instant, or, without one, at any time.
    func models(of book: PriceBook, at instant: Instant? = nil) throws -> Set<Identifier>? {
        guard let model else { return nil }
        guard let name = try? Identifier(model) else { throw ValidationError("--model needs a name") }
        let found =
            instant.map { [book.tariff(named: name, at: $0)].compactMap(\.self) }
            ?? book.tariffs.filter { $0.model == name || $0.aliases.contains { $0.name == name } }
        if found.isEmpty {
            let names = book.tariffs.map(\.model.text).joined(separator: ", ")
            throw ValidationError("price book \(book.name) has no model \(model); it has \(names)")
        }
        return Set(found.map(\.model))
    }
}
