@testable import Taximeter

extension PlainBook {
    /// 2025-01-01T00:00:00Z.
    static let start: Int64 = 1_735_689_600_000_000
    static let zones = ["UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"]

    /// A valid book with everything in it: gaps, aliases, bands that cross, schedules with holidays, pairs, multipliers.
    static func random(_ dice: inout Dice) -> PlainBook {
        let models = (0..<dice.whole(1...3)).map { "model-\($0)" }
        var tariffs = models.map { Tariff(model: $0, aliases: [], versions: versions(&dice)) }
        // One alias that means one model after another.
        var from = start
        for index in tariffs.indices {
            let until = from + dice.whole(1...200) * Instant.hour
            tariffs[index].aliases.append(
                Alias(name: "latest", from: Instant(unchecked: from), until: Instant(unchecked: until)))
            from = until
        }
        return PlainBook(
            freeChannels: dice.chance(1, in: 2) ? ["web"] : [], reference: dice.chance(1, in: 2) ? models[0] : nil,
            tariffs: tariffs)
    }

    private static func versions(_ dice: inout Dice) -> [Version] {
        var from = start + dice.whole(0...48) * Instant.hour
        return (0..<dice.whole(1...3)).map { _ in
            var until = from + dice.whole(1...20 * 24) * Instant.hour + dice.whole(0...3)
            let version = version(&dice, from, until)
            if dice.chance(1, in: 4) { until += dice.whole(1...100) * Instant.hour }  // a gap
            from = until
            return version
        }
    }

    private static func version(_ dice: inout Dice, _ from: Int64, _ until: Int64) -> Version {
        let classes = TokenClass.allCases.map(\.name).filter { _ in dice.chance(9, in: 10) }
        let bands = bands(&dice, classes)
        return Version(
            from: Instant(unchecked: from), until: Instant(unchecked: until),
            rates: Dictionary(uniqueKeysWithValues: classes.map { ($0, price(&dice)) }), bands: bands,
            schedules: schedules(&dice, classes, bands),
            multipliers: Dictionary(
                uniqueKeysWithValues: ["batch", "priority", "eu"].filter { _ in dice.chance(4, in: 5) }.map { name in
                    (name, Dictionary(uniqueKeysWithValues: some(of: classes, &dice).map { ($0, factor(&dice)) }))
                }), freeChannels: dice.chance(1, in: 4) ? ["app"] : nil)
    }

    private static func bands(_ dice: inout Dice, _ classes: [String]) -> [Band] {
        let (input, output) = (dice.whole(1...2_000 as ClosedRange<Int64>), dice.whole(1...2_000 as ClosedRange<Int64>))
        let thresholds: [(Int64, Int64)] =
            switch dice.whole(0...3) {
            case 0: []
            case 1: [(input, 0)]
            case 2: [(input, 0), (input + 500, 0)]
            default: [(input, 0), (0, output), (input, output)]
            }
        return thresholds.enumerated().map { index, bounds in
            Band(name: "band-\(index)", input: bounds.0, output: bounds.1, rules: rules(&dice, classes))
        }.shuffled(using: &dice)
    }

    private static func schedules(_ dice: inout Dice, _ classes: [String], _ bands: [Band]) -> [Schedule] {
        let zone = dice.one(of: zones)
        let count = dice.whole(0...3)
        // Cuts around the clock; every window ends before the next begins.
        let cuts = Set((0..<2 * count).map { _ in dice.whole(0...1439) }).sorted()
        let turn = dice.whole(0...1)
        return (0..<cuts.count / 2).map { index in
            let start = cuts[2 * index + turn < cuts.count ? 2 * index + turn : 0]
            let end = cuts[(2 * index + turn + 1) % cuts.count]
            let rules = rules(&dice, classes)
            return Schedule(
                name: "window-\(index)", zone: zone, startMinute: start, endMinute: end,
                weekdays: dice.chance(1, in: 2) ? some(of: Weekday.allCases.map(\.description), &dice) : [],
                dates: dice.chance(1, in: 2) ? dates(&dice) : [:], rules: rules, pairs: pairs(&dice, rules, bands))
        }
    }

    /// Rates wherever a band and the schedule both have one.
    private static func pairs(
        _ dice: inout Dice, _ rules: [String: Rule], _ bands: [Band]
    ) -> [String: [String: String]] {
        var pairs: [String: [String: String]] = [:]
        for band in bands {
            for (name, rule) in rules.sorted(by: { $0.key < $1.key }) where rule.isRate {
                if band.rules[name]?.isRate == true { pairs[band.name, default: [:]][name] = price(&dice) }
            }
        }
        return pairs
    }

    private static func dates(_ dice: inout Dice) -> [String: String] {
        let first = start / Instant.day
        return Dictionary(
            (0..<dice.whole(1...6)).map { _ in
                (
                    "\(CivilDate(daysSinceEpoch: first + dice.whole(0...60)))",
                    dice.one(of: Weekday.allCases).description
                )
            }
        ) { one, _ in one }
    }

    private static func rules(_ dice: inout Dice, _ classes: [String]) -> [String: Rule] {
        Dictionary(
            uniqueKeysWithValues: some(of: classes, &dice).map { name in
                let isRate = dice.chance(1, in: 2)
                return (name, Rule(isRate: isRate, value: isRate ? price(&dice) : factor(&dice)))
            })
    }

    private static func some(of names: [String], _ dice: inout Dice) -> [String] {
        let chosen = names.filter { _ in dice.chance(1, in: 2) }
        return chosen.isEmpty ? Array(names.prefix(1)) : chosen
    }

    private static func price(_ dice: inout Dice) -> String {
        dice.one(of: ["0", "0.14", "2.19", "0.003625", "75", "0.\(dice.whole(1...999_999))"])
    }

    private static func factor(_ dice: inout Dice) -> String {
        dice.one(of: ["0", "0.5", "0.25", "1", "1.25", "2", "0.1", "1.1"])
    }
}

extension PlainBook {
    /// A request that this book is likely to price, often at an edge.
    func usage(_ dice: inout Dice) throws -> RatableUsage {
        let edges = tariffs.flatMap(\.versions).flatMap { [$0.from, $0.until ?? $0.from] }
        let minutes = tariffs.flatMap(\.versions).flatMap(\.schedules).flatMap { [$0.startMinute, $0.endMinute] }
        let inside = dice.one(of: tariffs.flatMap(\.versions))
        let random = dice.whole(inside.from.microseconds...(inside.until ?? inside.from).microseconds)
        let instant =
            switch dice.whole(0...3) {
            case 0: dice.one(of: edges).microseconds + dice.whole(-1...1)
            case 1:
                random / Instant.day * Instant.day + Int64((minutes + [0]).randomElement(using: &dice) ?? 0)
                    * Instant.minute + dice.whole(-1...1) - dice.one(of: [0, 345, 480, -300, -240, 630, 660])
                    * Instant.minute
            default: random
            }
        let bands = tariffs.flatMap(\.versions).flatMap(\.bands)
        let tokens = { (thresholds: [Int64], dice: inout Dice) -> Int64 in
            let near = dice.one(of: thresholds + [1_000]) + dice.whole(-1...1)
            return dice.chance(1, in: 3) ? 0 : max(0, dice.chance(1, in: 2) ? near : dice.whole(0...3_000))
        }
        let parts = [0, 1, 2, 3].map { _ in dice.whole(0...4) == 0 ? Int64(0) : dice.whole(0...3) }
        let input = tokens(bands.map(\.input), &dice)
        var counts = TokenCounts(output: tokens(bands.map(\.output), &dice))
        let total = max(1, parts.reduce(0, +))
        counts.cacheHit = input * parts[0] / total
        counts.cacheWrite = input * parts[1] / total
        counts.cacheWrite1h = input * parts[2] / total
        counts.cacheMiss = input - counts.cacheHit - counts.cacheWrite - counts.cacheWrite1h
        return RatableUsage(
            model: try Identifier(dice.one(of: tariffs.map(\.model) + tariffs.map(\.model) + ["latest", "unknown"])),
            channel: try Identifier(dice.one(of: ["api", "web", "app"])),
            serviceTier: try Identifier(dice.one(of: ["standard", "standard", "batch", "priority"])),
            instant: Instant(unchecked: instant), size: .request(totalInput: input, output: counts.output),
            tokens: counts, multipliers: dice.chance(1, in: 3) ? [try Identifier("eu")] : [])
    }
}
