import Taximeter

/// Prices in force, for people.
enum PriceTable {
    /// A row a model and band, a column a class that any of them prices.
    static func text(_ prices: [PricesInForce]) -> String {
        let classes = TokenClass.allCases.filter { tokenClass in
            prices.contains { $0.version.rules.rates[tokenClass] != nil }
        }
        let texts = ["model", "version from", "schedule", "band"].map { TextTable.Column(title: $0, isNumber: false) }
        var table = TextTable(
            texts + classes.map { .init(title: $0.name, isNumber: true) }
                + [.init(title: "multipliers", isNumber: false), .init(title: "free channels", isNumber: false)])
        for price in prices {
            for (index, row) in price.bands.enumerated() {
                let isFirst = index == 0
                let rates = classes.map { row.rates[$0]?.perMillion ?? "–" }
                table.append(
                    [
                        isFirst ? price.model.text : "", isFirst ? "\(price.version.effective.from)" : "",
                        isFirst ? price.schedule?.name.text ?? "–" : "", row.band.map(band) ?? "–",
                    ] + rates
                        + [
                            isFirst ? price.version.rules.multipliers.map(multiplier).joined(separator: ", ") : "",
                            isFirst ? price.version.freeChannels.map(\.text).joined(separator: ", ") : "",
                        ])
            }
        }
        return table.text
    }

    /// `long (input from 200001)`.
    private static func band(_ band: Band) -> String {
        let limits = [("input", band.inputFrom), ("output", band.outputFrom)].filter { $0.1 > 0 }
        return "\(band.name) (\(limits.map { "\($0.0) from \($0.1)" }.joined(separator: ", ")))"
    }

    /// `batch 0.5`, or by class where they differ: `priority cache_miss 2 output 3`.
    private static func multiplier(_ multiplier: Multiplier) -> String {
        let factors = TokenClass.allCases.compactMap { name in multiplier.factors[name].map { (name.name, $0) } }
        if let first = factors.first, factors.allSatisfy({ $0.1 == first.1 }) { return "\(multiplier.name) \(first.1)" }
        return ([multiplier.name.text] + factors.map { "\($0.0) \($0.1)" }).joined(separator: " ")
    }

    /// `cache_hit 0.14, output 2.19`, below all thresholds.
    static func line(_ prices: PricesInForce?) -> String {
        guard let prices, let base = prices.bands.first else { return "no price" }
        return TokenClass.allCases.compactMap { name in base.rates[name].map { "\(name.name) \($0.perMillion)" } }
            .joined(separator: ", ")
    }
}
