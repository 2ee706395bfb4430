/// The usage of one class in a billing period at one price: what an invoice says of it, and what an accountant can
/// compute again by hand: `quantity × unit price + fees = net`.
///
/// Lines are made by the rater when a period is rated, from the same slices as its charges, so they add up to them.
public struct UsageLine: Sendable, Hashable {
    /// What tells a line from the others of its period. It stays the same however often the period is rated.
    public struct Key: Sendable, Hashable {
        /// Where the segment of the plan begins within the period.
        public let segmentStart: Instant
        /// The plan; nil without a subscription.
        public let plan: Identifier?
        /// The price book.
        public let priceBook: Identifier
        /// The tariff, by its model's name.
        public let model: Identifier
        /// Where its version begins.
        public let versionFrom: Instant
        /// The channel.
        public let channel: Identifier
        /// The service tier.
        public let serviceTier: Identifier
        /// The band, the off-peak window; nil outside of all.
        public let band: Identifier?
        /// The schedule.
        public let schedule: Identifier?
        /// The class.
        public let tokenClass: TokenClass
        /// The table and step of the volume tier; nil where no table prices the class.
        public let tier: RatedSlice.Tier?
        /// The allowance or committed volume that makes the tokens free; nil where they are charged.
        public let allowance: Identifier?

        /// A key.
        public init(
            segmentStart: Instant, plan: Identifier?, priceBook: Identifier, model: Identifier, versionFrom: Instant,
            channel: Identifier, serviceTier: Identifier, band: Identifier?, schedule: Identifier?,
            tokenClass: TokenClass, tier: RatedSlice.Tier?, allowance: Identifier?
        ) {
            self.segmentStart = segmentStart
            self.plan = plan
            self.priceBook = priceBook
            self.model = model
            self.versionFrom = versionFrom
            self.channel = channel
            self.serviceTier = serviceTier
            self.band = band
            self.schedule = schedule
            self.tokenClass = tokenClass
            self.tier = tier
            self.allowance = allowance
        }
    }

    /// What it is.
    public let key: Key
    /// The line's id: unique among those of its period, and the same whenever the period is rated.
    public var id: String { key.id }
    /// Tokens that were used.
    public let tokens: Int64
    /// Tokens that are charged: none where they are free, else with the line's quantity rounded up.
    public let chargedTokens: Int64
    /// The price of one charged token after every discount.
    public let unitPrice: UnitPrice
    /// Flat fees and packages of tiers, after the contract discount.
    public let fees: Money
    /// The list price of its tokens.
    public let list: Money
    /// What is billed: `chargedTokens × unitPrice + fees`, exact.
    public let net: Money

    /// A line.
    public init(
        key: Key, tokens: Int64, chargedTokens: Int64, unitPrice: UnitPrice, fees: Money, list: Money, net: Money
    ) {
        self.key = key
        self.tokens = tokens
        self.chargedTokens = chargedTokens
        self.unitPrice = unitPrice
        self.fees = fees
        self.list = list
        self.net = net
    }
}

extension UsageLine.Key {
    /// The key as one readable text: its parts between slashes, `-` where there is none.
    ///
    /// `2026-01-01T00:00:00Z/pro/list-usd/large/2025-06-01T00:00:00Z/api/standard/-/night/output/0.1/-`. Slashes and per cent
    /// signs in names are written `%2F` and `%25`, a name that is `-` alone `%2D`. Of more than 1,000 bytes, which an index of
    /// the store would not take, it has the beginning only, and a hash of all of it: `…~` and 32 hexadecimal digits.
    public var id: String {
        var text = ""
        text.reserveCapacity(160)
        text += segmentStart.description
        for name in [plan, priceBook, model] { Self.append(name, to: &text) }
        text += "/"
        text += versionFrom.description
        for name in [channel, serviceTier, band, schedule] { Self.append(name, to: &text) }
        text += "/"
        text += tokenClass.name
        text += tier.map { "/\($0.table).\($0.step)" } ?? "/-"
        Self.append(allowance, to: &text)
        return Self.bounded(text)
    }

    /// The longest id, in bytes.
    static let maximumByteCount = 1_000

    private static func bounded(_ text: String) -> String {
        let bytes = text.utf8
        if bytes.count <= maximumByteCount { return text }
        var hash = ContentHash()
        hash.combine(bytes)
        var end = bytes.index(bytes.startIndex, offsetBy: maximumByteCount - 33)
        // Not within a character's bytes.
        while bytes[end] & 0b1100_0000 == 0b1000_0000 { end = bytes.index(before: end) }
        return "\(text[..<end])~\(hash.hexadecimal)"
    }

    private static func append(_ name: Identifier?, to text: inout String) {
        text += "/"
        guard let name else { return text += "-" }
        text += name.text == "-" ? "%2D" : name.idPart
    }
}

extension Identifier {
    /// The name as a part of an id whose parts are between slashes: slashes and per cent signs in it are written `%2F` and
    /// `%25`, so that no two lists of parts are one id.
    package var idPart: String {
        if !text.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") }) { return text }
        // Not by characters, of which a sign with an accent is another.
        return text.unicodeScalars.reduce(into: "") { part, scalar in
            switch scalar {
            case "/": part += "%2F"
            case "%": part += "%25"
            default: part.unicodeScalars.append(scalar)
            }
        }
    }

    /// The name of which this is the part.
    package static func name(ofPart part: String) -> String {
        var name: [UInt8] = []
        var rest = Array(part.utf8)[...]
        while let byte = rest.first {
            let code = rest.prefix(3)
            let sign: UInt8? =
                code.elementsEqual("%2F".utf8)
                ? UInt8(ascii: "/") : code.elementsEqual("%25".utf8) ? UInt8(ascii: "%") : nil
            name.append(sign ?? byte)
            rest.removeFirst(sign == nil ? 1 : 3)
        }
        return String(decoding: name, as: UTF8.self)
    }
}
