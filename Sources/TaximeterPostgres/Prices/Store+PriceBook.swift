public import Taximeter

extension Store {
    /// Reads a price book as it is stored.
    ///
    /// - Parameter name: Its name; nil for the one that prices accounts without a subscription.
    /// - Throws: ``StoreError`` naming the books that there are, when it is not among them.
    public func priceBook(named name: String? = nil) throws -> PriceBook {
        let snapshot = try PriceSnapshot.read(self)
        let found = name.map { name in snapshot.books.first { $0.book.name.text == name } } ?? snapshot.defaultBook
        if let found { return found.book }
        let names = snapshot.books.map(\.book.name.text).joined(separator: ", ")
        throw StoreError(
            .prices,
            names.isEmpty
                ? "the store has no price book: load one with taximeter tariffs load"
                : "the store has no price book \(name ?? "for accounts without a subscription"); it has \(names)")
    }

    /// All price books as they are stored.
    public func priceBooks() throws -> [PriceBook] { try PriceSnapshot.read(self).books.map(\.book) }
}
