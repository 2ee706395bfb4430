/// Which instant of a request decides its price, its hour and its billing period.
public enum RatingInstant: String, Sendable, Hashable, CaseIterable {
    /// When the request came in.
    case startedAt = "started_at"
    /// When the last token was sent. DeepSeek's rule of 2025: "The completion timestamp of each request determines its
    /// pricing tier".
    case completedAt = "completed_at"
}

/// A named set of tariffs in one currency: a list price (`list-usd`), or what somebody has agreed to.
public struct PriceBook: Sendable, Hashable {
    /// What the book says besides its tariffs.
    public struct Header: Sendable, Hashable {
        /// The book's name.
        public let name: Identifier
        /// The currency of every rate in it.
        public let currency: Currency
        /// Which instant of a request counts.
        public let ratingInstant: RatingInstant
        /// The model at whose list price the theoretical amount is computed; nil takes each model's own.
        public let reference: Identifier?
        /// What holds for an account and a billing period whatever the model.
        public let terms: Terms

        /// A book's header.
        public init(
            name: Identifier, currency: Currency, ratingInstant: RatingInstant, reference: Identifier? = nil,
            terms: Terms = .none
        ) {
            self.name = name
            self.currency = currency
            self.ratingInstant = ratingInstant
            self.reference = reference
            self.terms = terms
        }
    }

    /// Name, currency, rating instant and reference.
    public let header: Header
    /// The tariffs, in the order of the file; no two of the same model.
    public let tariffs: [Tariff]

    /// The book's name.
    public var name: Identifier { header.name }
    /// The currency of every rate in it.
    public var currency: Currency { header.currency }
    /// Which instant of a request counts.
    public var ratingInstant: RatingInstant { header.ratingInstant }
    /// The model at whose list price the theoretical amount is computed.
    public var reference: Identifier? { header.reference }

    /// What holds for an account and a billing period whatever the model.
    public var terms: Terms { header.terms }

    init(header: Header, tariffs: [Tariff]) {
        self.header = header
        self.tariffs = tariffs
    }

    /// Reads a price book from YAML or JSON.
    ///
    /// - Parameters:
    ///   - text: The file's text.
    ///   - file: Its name, for messages.
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> PriceBook {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let book = source.root.flatMap(reader.priceBook)
        guard let book, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return book
    }
}
