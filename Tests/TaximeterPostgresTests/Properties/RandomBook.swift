import Taximeter
import TestKit

/// A small price book of random numbers, kept as numbers: what a request costs is then reckoned from them, without
/// anything of the engine.
struct RandomBook: Sendable {
    struct Version: Sendable {
        /// In microseconds since 1970.
        let from: Int64
        /// By class, in millionths of a dollar per million tokens, so in 10⁻¹² dollars a token.
        let rates: [Int128]
        let longRates: [Int128]
        /// More input than this has the long rates.
        let threshold: Int64
        /// Minutes of the UTC day at which half price begins and ends; it may cross midnight.
        let window: (from: Int64, until: Int64)
    }

    let versions: [String: [Version]]
    let ratingInstant: RatingInstant

    static let models = ["model-a", "model-b"]
    /// The second version of each model begins in the four days from here.
    static let changes: Int64 = 1_740_614_400_000_000

    init(_ generator: inout SeededGenerator) {
        var versions: [String: [Version]] = [:]
        for model in Self.models {
            let change = Self.changes + .random(in: 0..<4 * 1_440, using: &generator) * Instant.minute
            versions[model] = [Version(from: 1_735_689_600_000_000, &generator), Version(from: change, &generator)]
        }
        self.versions = versions
        ratingInstant = Bool.random(using: &generator) ? .startedAt : .completedAt
    }

    /// The amount of an event in 10⁻¹⁸ dollars: at list, on a channel that pays, and in the window's price.
    func amounts(_ event: UsageEvent) -> (list: Int128, monetised: Int128, net: Int128)? {
        let instant = instant(of: event).microseconds
        guard let version = versions[event.model.text]?.last(where: { $0.from <= instant }) else { return nil }
        let counts = [
            event.tokens.cacheHit, event.tokens.cacheMiss, event.tokens.cacheWrite, event.tokens.cacheWrite1h,
            event.tokens.output,
        ]
        let isLong = counts.dropLast().reduce(0, +) > version.threshold
        var list: Int128 = 0
        for (count, rate) in zip(counts, isLong ? version.longRates : version.rates) {
            list += Int128(count) * rate * 1_000_000
        }
        if event.serviceTier.text == "batch" { list /= 2 }
        let minute = instant / Instant.minute % 1_440
        let (from, until) = version.window
        let isCheap = from < until ? (from..<until).contains(minute) : minute >= from || minute < until
        let monetised = event.channel.text == "web" ? 0 : list
        return (list, monetised, isCheap ? monetised / 2 : monetised)
    }

    func instant(of event: UsageEvent) -> Instant {
        ratingInstant == .startedAt ? event.startedAt : event.completedAt
    }

    /// The book as a file, with only the first version of each model or with both.
    func book(isComplete: Bool) throws -> PriceBook {
        var text = """
            price_book: random
            currency: USD
            rating_instant: \(ratingInstant.rawValue)
            channels: {web: free}
            tariffs:
            """
        for (model, versions) in versions.sorted(by: { $0.key < $1.key }) {
            text += "\n  - model: \(model)\n    versions:"
            for version in isComplete ? versions[...] : versions.prefix(1) { text += version.yaml }
        }
        return try PriceBook.parse(text, file: "random.yaml")
    }
}

extension RandomBook.Version {
    fileprivate init(from: Int64, _ generator: inout SeededGenerator) {
        self.from = from
        rates = (0..<5).map { _ in .random(in: 0...9_999_999, using: &generator) }
        longRates = (0..<5).map { _ in .random(in: 0...9_999_999, using: &generator) }
        threshold = .random(in: 100...3_000, using: &generator)
        let start = Int64.random(in: 0..<1_440, using: &generator)
        window = (start, (start + .random(in: 1..<1_440, using: &generator)) % 1_440)
    }

    fileprivate var yaml: String {
        let start = Instant(microseconds: from)?.description ?? ""
        return """

                  - from: \(start)
                    rates: \(Self.yaml(rates))
                    bands:
                      - {name: long, input: {over: \(threshold)}, rates: \(Self.yaml(longRates))}
                    multipliers: {batch: "0.5"}
                    schedules:
                      - {name: cheap, time_zone: UTC, from: "\(Self.clock(window.from))", until: "\(Self.clock(window.until))", factor: "0.5"}
            """
    }

    private static func yaml(_ rates: [Int128]) -> String {
        let names = ["cache_hit", "cache_miss", "cache_write", "cache_write_1h", "output"]
        let pairs = zip(names, rates).map { name, rate in
            "\(name): \"\(rate / 1_000_000).\(String(String(1_000_000 + rate % 1_000_000).dropFirst()))\""
        }
        return "{\(pairs.joined(separator: ", "))}"
    }

    private static func clock(_ minute: Int64) -> String {
        [minute / 60, minute % 60].map { String(String(100 + $0).dropFirst()) }.joined(separator: ":")
    }
}
