import ArgumentParser
import Taximeter
import TaximeterPostgres

/// Other price lists on the command line, for stored usage to be rated under.
struct PriceListOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Price books, YAML or JSON, that the usage is rated under.", valueName: "files"))
    var priceBook: [String] = []
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Take the prices of these instants, whatever the time of the usage; without --price-book, of the default book.",
            valueName: "instants"))
    var pricesOf: [InstantArgument] = []

    /// The lists, each with what to call it.
    func read(_ store: Store) throws -> [(name: String, book: PriceBook)] {
        if priceBook.isEmpty, pricesOf.isEmpty { return [] }
        let books = priceBook.isEmpty ? [try store.priceBook()] : try PriceBookFiles.read(priceBook)
        return books.flatMap { book in
            pricesOf.isEmpty
                ? [("price book \(book.name)", book)]
                : pricesOf.map { ("price book \(book.name) of \($0.instant)", book.fixed(at: $0.instant)) }
        }
    }

    /// The rows of the lists that are in a currency: revenue is what `taximeter simulate` says that the accounts would owe.
    func margins(
        _ range: MeteredRange, at cost: Money, _ lists: [(name: String, book: PriceBook)], _ store: Store
    ) throws -> [(name: String, margin: Margin)] {
        try lists.filter { $0.book.currency == cost.currency }.compactMap { name, book in
            let simulated = try store.simulate(book, from: range.from.instant, until: range.to.instant, by: [])
                .total.simulated
            guard let revenue = simulated.revenue else { return nil }
            let unpriced = simulated.unpricedEvents
            return (
                name + (unpriced == 0 ? "" : ", \(unpriced) events unpriced"),
                try Margin(revenue: revenue, cost: cost)
            )
        }
    }
}
