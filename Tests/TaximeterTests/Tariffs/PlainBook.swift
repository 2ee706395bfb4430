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

    struct Version {
        var from: Instant
        var until: Instant?
        var rates: [String: String]
        var bands: [Band]
        var schedules: [Schedule]
        var multipliers: [String: [String: String]]
        var freeChannels: [String]?
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
}

extension PlainBook {
    /// The file.
    var yaml: String {
        var text = "price_book: random\ncurrency: CNY\nchannels: \(Self.free(freeChannels))\n"
        if let reference { text += "reference: \(reference)\n" }
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
        return text + "\n"
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
