/// One set of prices of genai-prices: numbers per million tokens by key, each perhaps with tiers by total input.
///
/// Source: `ModelPrice.calc_price` and `calc_unit_price` in genai-prices' `types.py`, `compute_leaf_values` in its
/// `decompose.py` (0.2.3): the tier is chosen by `total input > start`, and all tokens take its price; a kind of token
/// without a price of its own is counted with the kind that contains it.
struct GenAIPriceSet {
    /// A price and the prices beyond thresholds.
    struct Price: Hashable {
        let base: UnitPrice
        let tiers: [(start: Int64, price: UnitPrice)]

        /// The price of a request with so much input.
        func price(input: Int64) -> UnitPrice { tiers.last { input > $0.start }?.price ?? base }

        static func == (left: Self, right: Self) -> Bool {
            left.base == right.base && left.tiers.elementsEqual(right.tiers) { $0 == $1 }
        }

        func hash(into hasher: inout Hasher) { hasher.combine(base) }
    }

    private var prices: [String: (price: Price, node: FileNode)] = [:]
    /// Keys that price something other than tokens of text, with their places.
    private(set) var others: [(key: String, node: FileNode)] = []

    /// Prices of cached input that have too many digits. Their classes get no rate: usage of them stays unpriced.
    private(set) var inexact: [ImportFault] = []

    private static let optionalKeys = ["cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"]
    /// The keys of the token classes.
    private static let keys = [
        "input_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok", "output_mtok",
    ]

    init(_ node: FileNode) throws(ImportFault) {
        for (key, value) in node.members {
            guard let value = value.unlessNull else { continue }
            if key.hasSuffix("_mtok") {
                do {
                    prices[key] = (try Self.price(value, key), value)
                } catch  where error.isInexact && Self.optionalKeys.contains(key) {
                    inexact.append(error)
                }
            }
            if !Self.keys.contains(key) { others.append((key, value)) }
        }
    }

    private static func price(_ node: FileNode, _ key: String) throws(ImportFault) -> Price {
        guard case .mapping = node.content else {
            return Price(base: try UnitPrice(node, field: key, perTokens: 6), tiers: [])
        }
        guard let base = node["base"] else { throw ImportFault(field: key, node: node, reason: "has no base price") }
        var tiers: [(start: Int64, price: UnitPrice)] = []
        for tier in node["tiers"]?.items ?? [] {
            guard let start = tier["start"]?.number?.whole, start >= 0, start < Int64.max,
                let price = tier["price"]
            else { throw ImportFault(field: key, node: tier, reason: "is no tier with start and price") }
            tiers.append((start, try UnitPrice(price, field: key, perTokens: 6)))
        }
        // Among tiers of one start the last one of the file wins.
        let sorted = tiers.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
        return Price(base: try UnitPrice(base, field: key, perTokens: 6), tiers: sorted.map(\.element))
    }

    /// Whether it has no price at all.
    var isEmpty: Bool { prices.isEmpty && others.isEmpty }

    /// Whether it prices a token class.
    var pricesTokens: Bool { Self.keys.contains { prices[$0] != nil } }

    /// This set with another's prices in place of its own.
    func overridden(by other: GenAIPriceSet) -> GenAIPriceSet {
        var result = self
        result.prices.merge(other.prices) { $1 }
        result.prices = result.prices.filter { own in !other.inexact.contains { $0.field == own.key } }
        result.inexact = inexact.filter { other.prices[$0.field] == nil } + other.inexact
        result.others = others.filter { own in !other.others.contains { $0.key == own.key } } + other.others
        return result
    }

    /// Where tiers begin.
    var starts: Set<Int64> { Set(Self.keys.flatMap { prices[$0]?.price.tiers.map(\.start) ?? [] }) }

    /// The rates of a request with so much input. A kind of input without a price of its own costs what the kind costs
    /// that contains it.
    func rates(input: Int64) -> PerClass<UnitPrice?> {
        func price(_ key: String, else other: UnitPrice? = nil) -> UnitPrice? {
            if inexact.contains(where: { $0.field == key }) { return nil }
            return prices[key]?.price.price(input: input) ?? other
        }
        let plain = price("input_mtok")
        let write = price("cache_write_mtok", else: plain)
        return PerClass { tokenClass in
            switch tokenClass {
            case .cacheHit: price("cache_read_mtok", else: plain)
            case .cacheMiss: plain
            case .cacheWrite: write
            case .cacheWrite1h: price("cache_write_1h_mtok", else: write)
            case .output: price("output_mtok")
            }
        }
    }

    /// What is wrong with the set as a whole: a cache price beside no input price, say, which calc_price refuses.
    var fault: ImportFault? {
        let missing = Self.keys.dropFirst().dropLast().first { prices[$0] != nil && prices["input_mtok"] == nil }
        return missing.flatMap { key in prices[key].map { (key, $0.node) } }.map { key, node in
            ImportFault(field: key, node: node, reason: "has no input_mtok beside it")
        }
    }

    /// Whether a kind of token is priced like the class that it is counted with, so that nothing is lost without it.
    func isPricedLikeItsClass(_ key: String) -> Bool {
        let own = prices[key]?.price
        let parent: String? =
            switch key {
            case let key where key.hasPrefix("output_"): "output_mtok"
            case let key where key.hasPrefix("cache_") && key.hasSuffix("_read_mtok"): "cache_read_mtok"
            case let key where key.hasPrefix("cache_") && key.hasSuffix("_1h_mtok"): "cache_write_1h_mtok"
            case let key where key.hasPrefix("cache_"): "cache_write_mtok"
            case let key where key.hasPrefix("input_"): "input_mtok"
            default: nil
            }
        return own != nil && parent.flatMap { prices[$0]?.price } == own
    }

    /// Why amounts would be wrong for plain text if this key were left out; nil when they would not.
    func isPartOfEveryRequest(_ key: String) -> Bool {
        key == "requests_kcount" || key.contains("reasoning") || key.contains("citation")
    }
}
