import Foundation
import Taximeter

/// Prices in force, for programs.
enum PriceExport {
    private struct Book: Encodable {
        let price_book: String
        let currency: String
        let at: String
        /// Whether discount, allowances or quantities of the book come on top of these prices.
        let has_terms: Bool
        let models: [Model]
    }

    private struct Model: Encodable {
        let model: String
        let aliases: [String]
        let version_from: String
        let version_until: String?
        let source: String?
        let schedule: String?
        let free_channels: [String]
        let multipliers: [String: [String: String]]
        let tiers: [String]
        let prices: [Prices]
    }

    private struct Prices: Encodable {
        let band: String?
        let input_from: Int64
        let output_from: Int64
        let rates_per_million: [String: String]
    }

    static func json(_ book: PriceBook, at instant: Instant, _ prices: [PricesInForce]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let content = Book(
            price_book: book.name.text, currency: book.currency.code, at: "\(instant)", has_terms: book.terms != .none,
            models: prices.map(model))
        return String(decoding: try encoder.encode(content), as: UTF8.self)
    }

    private static func model(_ prices: PricesInForce) -> Model {
        let version = prices.version
        let multipliers = version.rules.multipliers.map { ($0.name.text, byName($0.factors) { "\($0)" }) }
        return Model(
            model: prices.model.text, aliases: prices.aliases.map(\.text), version_from: "\(version.effective.from)",
            version_until: version.effective.until.map { "\($0)" }, source: version.source,
            schedule: prices.schedule?.name.text, free_channels: version.freeChannels.map(\.text),
            multipliers: Dictionary(multipliers) { first, _ in first }, tiers: version.rules.tiers.map(\.name.text),
            prices: prices.bands.map(row))
    }

    private static func row(_ prices: PricesInForce.BandPrices) -> Prices {
        Prices(
            band: prices.band?.name.text, input_from: prices.band?.inputFrom ?? 0,
            output_from: prices.band?.outputFrom ?? 0, rates_per_million: byName(prices.rates) { $0.perMillion })
    }

    private static func byName<Value>(_ values: PerClass<Value?>, _ text: (Value) -> String) -> [String: String] {
        let named = TokenClass.allCases.compactMap { name in values[name].map { (name.name, text($0)) } }
        return Dictionary(named) { first, _ in first }
    }
}
