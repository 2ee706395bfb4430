import ArgumentParser
import Taximeter

/// `taximeter tariffs show`.
struct TariffsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The prices in force at an instant.",
        discussion: """
            A row is a model, or one of its size bands: the price per million tokens of each class under the schedule in \
            force, before the multipliers, which are listed beside it, and before volume tiers and the book's terms, of which \
            it only says that there are some. The figures are what the rating itself charges.
            """)

    @Option(help: "An instant, RFC 3339. Default: now.")
    var at: InstantArgument?
    @Flag(help: "Print JSON: decimals as strings, exact.")
    var json = false
    @OptionGroup var models: ModelOptions
    @OptionGroup var source: PriceBookOptions

    func run() throws {
        guard let instant = (at ?? .now)?.instant else { return }
        let book = try source.read()
        let wanted = try models.models(of: book, at: instant)
        let prices = Rater(book: book).prices(at: instant).filter { wanted?.contains($0.model) ?? true }
        let priced = Set(prices.map(\.model))
        let unpriced = book.tariffs.map(\.model).filter { !priced.contains($0) && (wanted?.contains($0) ?? true) }
        if json {
            print(try PriceExport.json(book, at: instant, prices))
        } else {
            print("\(book.name): \(book.currency) per million tokens at \(instant)\n")
            print(PriceTable.text(prices), terminator: "")
            for price in prices where !price.aliases.isEmpty {
                print("\(price.aliases.map(\.text).joined(separator: ", ")): another name of \(price.model)")
            }
            for price in prices where !price.version.rules.tiers.isEmpty {
                let names = price.version.rules.tiers.map(\.name.text).joined(separator: ", ")
                print("\(price.model): before volume tiers (\(names))")
            }
            if book.terms != .none { print("the terms of the book come on top of these prices") }
            if !unpriced.isEmpty {
                print("no version in force: \(unpriced.map(\.text).joined(separator: ", "))")
            }
        }
    }
}
