import Taximeter
import TestKit

/// A price book with something of everything that makes simulations hard: its own rating instant, versions and windows that
/// begin at any minute, size bands, classes without a rate, tiers over whole periods, allowances for a period and for life.
enum RandomPriceList {
    static func book(_ name: String, _ generator: inout SeededGenerator) throws -> PriceBook {
        var text = """
            price_book: \(name)
            currency: USD
            rating_instant: \(pick(["completed_at", "started_at"], &generator))
            channels: {\(pick(["web", "app"], &generator)): free}
            terms:
              discount: {factor: \(pick(["1", "0.9"], &generator))}
              allowances:
            \(allowances(&generator))
              quantities: \(pick(["{minimum: 0, step: 1}", "{minimum: 1000, step: 1000}"], &generator))
            tariffs:
            """
        // Sometimes a model has no tariff at all.
        for model in RandomBook.models.prefix(Int.random(in: 0..<8, using: &generator) == 0 ? 1 : 2) {
            let first = RandomBook.changes - Int64(minute(3 * 1_440, &generator)) * Instant.minute
            let second = RandomBook.changes + Int64(minute(4 * 1_440, &generator) + 60) * Instant.minute
            text += "\n  - model: \(model)\n    versions:"
            for from in [first, second] { text += version(from, &generator) }
        }
        return try PriceBook.parse(text, file: "\(name).yaml")
    }

    private static func pick(_ texts: [String], _ generator: inout SeededGenerator) -> String {
        texts.randomElement(using: &generator) ?? ""
    }

    private static func allowances(_ generator: inout SeededGenerator) -> String {
        let tokens = Int64.random(in: 1...3_000_000_000, using: &generator)
        return """
                - {name: first, tokens: \(tokens), per: \(pick(["period", "lifetime"], &generator))}
                - {name: second, tokens: \(tokens / 2 + 1), per: period, order: \(pick(["in_order", "dearest_first"], &generator)), classes: [output]}
            """
    }

    private static func version(_ from: Int64, _ generator: inout SeededGenerator) -> String {
        let classes = ["cache_hit", "cache_miss", "cache_write", "cache_write_1h", "output"].filter { name in
            name == "output" || Int.random(in: 0..<6, using: &generator) > 0
        }
        let rates = classes.map {
            "\($0): \(Int.random(in: 0...9, using: &generator))." + "\(Int.random(in: 100...999, using: &generator))"
        }
        let start = minute(1_440, &generator)
        let end = (start + 60 + minute(1_320, &generator)) % 1_440
        let band = "{name: long, input: {over: \(pick(["1000", "2000"], &generator))}, factor: 1.5}"
        return """

                  - from: \(Instant(microseconds: from)?.description ?? "")
                    rates: {\(rates.joined(separator: ", "))}
                    bands: [\(pick([band, ""], &generator))]
                    multipliers: {\(pick(["batch", "batch", "flex"], &generator)): 0.5}
                    schedules: [{name: cheap, time_zone: UTC, from: "\(clock(start))", until: "\(clock(end))", factor: 0.5}]
                    tiers:
                      - name: volume
                        counter: \(pick(["class", "tariff", "book"], &generator))
                        classes: [output]
                        mode: \(pick(["graduated", "volume"], &generator))
                        steps: [{up_to: \(Int64.random(in: 1...9_000_000_000, using: &generator))}, {factor: 0.8}]
            """
    }

    /// A minute below some; as often as not the start of an hour, where the stored sums are cut already.
    private static func minute(_ end: Int, _ generator: inout SeededGenerator) -> Int {
        let minute = Int.random(in: 0..<end, using: &generator)
        return Bool.random(using: &generator) ? minute : minute - minute % 60
    }

    private static func clock(_ minute: Int) -> String {
        [minute / 60, minute % 60].map { String(String(100 + $0).dropFirst()) }.joined(separator: ":")
    }
}
