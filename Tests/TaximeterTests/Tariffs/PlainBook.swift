@testable import Taximeter

/// A price book as plain texts and numbers: what a random test writes to a file and computes by hand.
struct PlainBook {
    struct Rule {
        var isRate: Bool
        var value: String
    }

    struct Band {
        var name: String
        var input: Int64
        var output: Int64
        var rules: [String: Rule]
    }

    struct Schedule {
        var name: String
        var zone: String
        var startMinute: Int
        var endMinute: Int
        /// Names; empty for all.
        var weekdays: [String]
        /// Dates that follow another weekday.
        var dates: [String: String]
        var rules: [String: Rule]
        /// Rates by band and class.
        var pairs: [String: [String: String]]
    }

    struct Step {
        var upTo: Int64?
        var rules: [String: Rule]
        /// Whole currency units.
        var fee: Int64
        var package: (tokens: Int64, price: Int64)?
        /// Rates by band and schedule (empty for none) and class.
        var combinations: [(band: String, schedule: String, rates: [String: String])]
    }

    struct Tiers {
        var name: String
        var counter: String
        var classes: [String]
        var isVolume: Bool
        var steps: [Step]
    }

    struct Allowance {
        var name: String
        var tokens: Int64
        var isDearestFirst: Bool
        /// Empty for all.
        var models: [String]
        var classes: [String]
    }

    struct Terms {
        var discount: [String: String] = [:]
        var allowances: [Allowance] = []
        var minimum: Int64 = 0
        var step: Int64 = 1
    }

    struct Version {
        var from: Instant
        var until: Instant?
        var rates: [String: String]
        var bands: [Band]
        var schedules: [Schedule]
        var multipliers: [String: [String: String]]
        var freeChannels: [String]?
        var tiers: [Tiers] = []
    }

    struct Alias {
        var name: String
        var from: Instant
        var until: Instant
    }

    struct Tariff {
        var model: String
        var aliases: [Alias]
        var versions: [Version]
    }

    var freeChannels: [String]
    var reference: String?
    var tariffs: [Tariff]
    var terms = Terms()
}

extension PlainBook {
    /// The file.
    var yaml: String {
        var text = "price_book: random\ncurrency: CNY\nchannels: \(Self.free(freeChannels))\n"
        if let reference { text += "reference: \(reference)\n" }
        text += "terms: \(terms.yaml)\n"
        text += "tariffs:\n"
        for tariff in tariffs {
            let aliases = tariff.aliases.map { "{name: \($0.name), from: \($0.from), until: \($0.until)}" }
            text += "  - model: \(tariff.model)\n    aliases: [\(aliases.joined(separator: ", "))]\n    versions:\n"
            for (index, version) in tariff.versions.enumerated() {
                let isAfterGap = index > 0 && tariff.versions[index - 1].until.map { $0 < version.from } ?? false
                text += version.yaml(isAfterGap: isAfterGap)
            }
        }
        return text
    }

    fileprivate static func free(_ channels: [String]) -> String {
        "{" + channels.map { "\($0): free" }.joined(separator: ", ") + "}"
    }

    fileprivate static func map(_ values: [String: String]) -> String {
        "{" + values.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", ") + "}"
    }

    fileprivate static func rules(_ rules: [String: Rule]) -> String {
        let rates = rules.filter(\.value.isRate).mapValues(\.value)
        let factors = rules.filter { !$0.value.isRate }.mapValues(\.value)
        return "rates: \(map(rates))" + (factors.isEmpty ? "" : ", factors: \(map(factors))")
    }
}

extension PlainBook.Version {
    fileprivate func yaml(isAfterGap: Bool) -> String {
        let indent = "\n        "
        var text = "      - from: \(from)"
        if let until { text += indent + "until: \(until)" }
        if isAfterGap { text += indent + "after_gap: true" }
        if let freeChannels { text += indent + "channels: \(PlainBook.free(freeChannels))" }
        text += indent + "rates: \(PlainBook.map(rates))"
        if !bands.isEmpty { text += indent + "bands:" }
        for band in bands {
            // Both spellings of a threshold.
            let input = band.input > 0 ? ", input: {over: \(band.input - 1)}" : ""
            let output = band.output > 0 ? ", output: {from: \(band.output)}" : ""
            text += indent + "  - {name: \(band.name)\(input)\(output), \(PlainBook.rules(band.rules))}"
        }
        if !schedules.isEmpty { text += indent + "schedules:" }
        for schedule in schedules { text += indent + "  - {\(schedule.yaml)}" }
        if !multipliers.isEmpty { text += indent + "multipliers:" }
        for (name, factors) in multipliers.sorted(by: { $0.key < $1.key }) {
            text += indent + "  \(name): \(PlainBook.map(factors))"
        }
        if !tiers.isEmpty { text += indent + "tiers: [\(tiers.map(\.yaml).joined(separator: ", "))]" }
        return text + "\n"
    }
}

extension PlainBook.Terms {
    fileprivate var yaml: String {
        let allowances = self.allowances.map { allowance in
            "{name: \(allowance.name), tokens: \(allowance.tokens), per: period"
                + (allowance.isDearestFirst ? ", order: dearest_first" : "")
                + (allowance.models.isEmpty ? "" : ", models: [\(allowance.models.joined(separator: ", "))]")
                + (allowance.classes.isEmpty ? "" : ", classes: [\(allowance.classes.joined(separator: ", "))]") + "}"
        }
        return "{discount: {factors: \(PlainBook.map(discount))}, allowances: [\(allowances.joined(separator: ", "))], "
            + "quantities: {minimum: \(minimum), step: \(step)}}"
    }
}

extension PlainBook.Tiers {
    fileprivate var yaml: String {
        "{name: \(name), counter: \(counter), classes: [\(classes.joined(separator: ", "))], "
            + "mode: \(isVolume ? "volume" : "graduated"), steps: [\(steps.map(\.yaml).joined(separator: ", "))]}"
    }
}

extension PlainBook.Step {
    fileprivate var yaml: String {
        var parts: [String] = []
        if let upTo { parts.append("up_to: \(upTo)") }
        if fee > 0 { parts.append("flat: \(fee)") }
        if let package {
            parts.append("package: {tokens: \(package.tokens), price: \(package.price)}")
        } else if !rules.isEmpty {
            parts.append(PlainBook.rules(rules))
        }
        let combinations = self.combinations.map { combination in
            "{" + (combination.band.isEmpty ? "" : "band: \(combination.band), ")
                + (combination.schedule.isEmpty ? "" : "schedule: \(combination.schedule), ")
                + "rates: \(PlainBook.map(combination.rates))}"
        }
        if !combinations.isEmpty { parts.append("combinations: [\(combinations.joined(separator: ", "))]") }
        return "{\(parts.joined(separator: ", "))}"
    }
}

extension PlainBook.Schedule {
    fileprivate var yaml: String {
        let clock = { (minute: Int) in
            "\"\(decimal(Int64(minute / 60), width: 2)):\(decimal(Int64(minute % 60), width: 2))\""
        }
        var parts = [
            "name: \(name)", "time_zone: \(zone)", "from: \(clock(startMinute))", "until: \(clock(endMinute))",
        ]
        if !weekdays.isEmpty { parts.append("weekdays: [\(weekdays.joined(separator: ", "))]") }
        if !dates.isEmpty { parts.append("calendar: \(PlainBook.map(dates))") }
        parts.append(PlainBook.rules(rules))
        if !pairs.isEmpty { parts.append("bands: \(PlainBook.map(pairs.mapValues(PlainBook.map)))") }
        return parts.joined(separator: ", ")
    }
}
