/// A tariff as a store keeps it: its versions by themselves, each in its canonical form.
public struct StoredTariff: Sendable, Hashable {
    /// The model.
    public let model: Identifier
    /// Its other names.
    public let aliases: [ModelAlias]
    /// ``TariffVersion/canonicalJSON`` of each version, in order of time.
    public let versions: [String]

    /// A stored tariff.
    public init(model: Identifier, aliases: [ModelAlias], versions: [String]) {
        self.model = model
        self.aliases = aliases
        self.versions = versions
    }
}

extension PriceBook {
    /// The tariffs as a store keeps them.
    public var storedTariffs: [StoredTariff] {
        tariffs.map { StoredTariff(model: $0.model, aliases: $0.aliases, versions: $0.versions.map(\.canonicalJSON)) }
    }

    /// The whole book as one file in the canonical form.
    public var canonicalJSON: String { Self.canonicalJSON(header, storedTariffs) }

    /// Puts a book together again from its stored parts, by the same reader as a file.
    ///
    /// - Throws: ``FileErrors`` when the parts do not make a valid book.
    public init(header: Header, stored tariffs: [StoredTariff]) throws(FileErrors) {
        self = try Self.parse(Self.canonicalJSON(header, tariffs), file: "stored price book \(header.name)")
    }

    private static func canonicalJSON(_ header: Header, _ tariffs: [StoredTariff]) -> String {
        var book: [(String, CanonicalJSON)] = [
            ("price_book", .string(header.name.text)), ("currency", .string(header.currency.code)),
            ("rating_instant", .string(header.ratingInstant.rawValue)),
        ]
        if let reference = header.reference { book.append(("reference", .string(reference.text))) }
        if header.terms != .none { book.append(("terms", header.terms.canonicalJSON)) }
        book.append(("tariffs", .list(tariffs.map(canonical))))
        return CanonicalJSON.object(book).text
    }

    private static func canonical(_ tariff: StoredTariff) -> CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = [("model", .string(tariff.model.text))]
        if !tariff.aliases.isEmpty { fields.append(("aliases", .list(tariff.aliases.map(canonical)))) }
        fields.append(("versions", .list(tariff.versions.map { .verbatim($0) })))
        return .object(fields)
    }

    private static func canonical(_ alias: ModelAlias) -> CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = [("name", .string(alias.name.text))]
        if alias.effective.from != .earliest { fields.append(("from", .string("\(alias.effective.from)"))) }
        if let until = alias.effective.until { fields.append(("until", .string("\(until)"))) }
        return .object(fields)
    }
}
