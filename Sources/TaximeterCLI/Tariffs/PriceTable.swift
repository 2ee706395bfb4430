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
                            isFirst ? multipliers(price.version.rules) : "",
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

    private static func multipliers(_ rules: PriceRules) -> String {
        rules.multipliers.map { multiplier($0, rules.rates) }.joined(separator: ", ")
    }

    /// `batch 0.5` where it is for all classes that have a rate, else by class: `priority output 3`.
    private static func multiplier(_ multiplier: Multiplier, _ rates: PerClass<UnitPrice?>) -> String {
        let rated = TokenClass.allCases.filter { rates[$0] != nil }
        if let first = rated.first.flatMap({ multiplier.factors[$0] }),
            rated.allSatisfy({ multiplier.factors[$0] == first })
        {
            return "\(multiplier.name) \(first)"
        }
        let factors = rated.compactMap { name in multiplier.factors[name].map { "\(name.name) \($0)" } }
        return ([multiplier.name.text] + factors).joined(separator: " ")
    }

    /// `cache_hit 0.14, output 2.19`, below all thresholds.
    static func line(_ prices: PricesInForce?) -> String {
        guard let prices, let base = prices.bands.first else { return "no price" }
        return TokenClass.allCases.compactMap { name in base.rates[name].map { "\(name.name) \($0.perMillion)" } }
            .joined(separator: ", ")
    }
}
