/// A price book made from a public price map, and what of the map it does not say.
public struct PriceImport: Sendable {
    /// What the map does not say itself.
    public struct Options: Sendable {
        /// The book's name.
        public var name: String
        /// From when the prices hold for which the map names no start.
        public var from: Instant
        /// The providers to be imported; all when empty.
        public var providers: [String]

        /// Options.
        public init(name: String, from: Instant, providers: [String] = []) {
            self.name = name
            self.from = from
            self.providers = providers
        }
    }

    /// The book in the price book's format, as ``PriceBook/parse(_:file:)`` reads it.
    public let text: String
    /// The book, read back from ``text``.
    public let book: PriceBook
    /// What it does not say, in the order of the map.
    public let findings: [ImportFinding]
    /// How many models the map has, as far as they were asked for.
    public let modelCount: Int
    /// How many of them are in the book with all that the map says about their prices and names.
    public let wholeCount: Int
    /// How many of them are in the book without something; ``findings`` says without what.
    public let partCount: Int

    /// How many of them are not in the book.
    public var missingCount: Int { modelCount - wholeCount - partCount }
}
