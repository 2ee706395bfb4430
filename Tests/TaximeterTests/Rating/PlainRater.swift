import Foundation

@testable import Taximeter

/// A fraction in lowest terms. Traps on overflow, which the tests' numbers are far from.
struct Fraction: Equatable {
    let numerator: Int128
    let denominator: Int128

    init(_ numerator: Int128, _ denominator: Int128 = 1) {
        var (a, b) = (numerator.magnitude, denominator.magnitude)
        while b != 0 { (a, b) = (b, a % b) }
        let divisor = max(1, Int128(a))
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
    }

    /// `1.25` is 125 / 100.
    init(_ text: String) {
        let parts = text.split(separator: ".")
        let decimals = parts.count > 1 ? parts[1].count : 0
        self.init(
            Int128(parts.joined()) ?? 0, (0..<decimals).reduce(1) { power, _ in power * 10 })
    }

    static func + (a: Self, b: Self) -> Self {
        Self(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
    }
    static func * (a: Self, b: Self) -> Self { Self(a.numerator * b.numerator, a.denominator * b.denominator) }
}

/// Prices by the rules as they are written down, one step after the other, with fractions and Foundation's calendar:
/// nothing of the library but the names of things.
struct PlainRater {
    let book: PlainBook

    enum Result: Equatable {
        case unpriced(String)
        case priced(theoretical: Fraction, list: Fraction, monetised: Fraction, scheduled: Fraction)
    }

    func rate(_ usage: RatableUsage) -> Result {
        guard let tariff = tariff(usage.model.text, usage.instant) else { return .unpriced("no_tariff") }
        switch prices(tariff, usage) {
        case .failure(let reason): return .unpriced(reason.code)
        case .success(let prices):
            var theoretical = prices.list
            if let reference = book.reference, let other = book.tariffs.first(where: { $0.model == reference }),
                case .success(let found) = self.prices(other, usage)
            {
                theoretical = found.list
            }
            let isFree = prices.freeChannels.contains(usage.channel.text)
            let zero = Fraction(0)
            return .priced(
                theoretical: theoretical, list: prices.list, monetised: isFree ? zero : prices.list,
                scheduled: isFree ? zero : prices.scheduled)
        }
    }

    private struct Reason: Error { let code: String }

    private func tariff(_ name: String, _ instant: Instant) -> PlainBook.Tariff? {
        book.tariffs.first { $0.model == name }
            ?? book.tariffs.first { tariff in
                tariff.aliases.contains { $0.name == name && $0.from <= instant && instant < $0.until }
            }
    }

    /// What decides the price of a request.
    struct Found {
        let model: String
        let version: PlainBook.Version
        let band: PlainBook.Band?
        let schedule: PlainBook.Schedule?
        /// The factors of the selected multipliers, by class.
        let selected: [[String: String]]

        func factor(_ name: String) -> Fraction {
            selected.compactMap { $0[name] }.reduce(Fraction(1)) { $0 * Fraction($1) }
        }
    }

    /// What decides the price; nil where there is none.
    func found(_ usage: RatableUsage) -> Found? {
        guard let tariff = tariff(usage.model.text, usage.instant), case .success(let found) = found(tariff, usage)
        else { return nil }
        return found
    }

    private func prices(
        _ tariff: PlainBook.Tariff, _ usage: RatableUsage
    ) -> Swift.Result<(list: Fraction, scheduled: Fraction, freeChannels: [String]), Reason> {
        found(tariff, usage).map { found in
            var (list, scheduled) = (Fraction(0), Fraction(0))
            for tokenClass in TokenClass.allCases where usage.tokens[tokenClass] != 0 {
                let base = found.version.rates[tokenClass.name] ?? ""
                let tokens = Fraction(Int128(usage.tokens[tokenClass]), 1_000_000) * found.factor(tokenClass.name)
                list = list + tokens * price(base, tokenClass.name, found.band, nil)
                scheduled = scheduled + tokens * price(base, tokenClass.name, found.band, found.schedule)
            }
            return (list, scheduled, found.version.freeChannels ?? book.freeChannels)
        }
    }

    private func found(_ tariff: PlainBook.Tariff, _ usage: RatableUsage) -> Swift.Result<Found, Reason> {
        let version = tariff.versions.first { version in
            version.from <= usage.instant && (version.until.map { usage.instant < $0 } ?? true)
        }
        guard let version else { return .failure(Reason(code: "no_version")) }
        var selected: [[String: String]] = []
        if usage.serviceTier.text != "standard" {
            guard let factors = version.multipliers[usage.serviceTier.text] else {
                return .failure(Reason(code: "unknown_service_tier"))
            }
            selected.append(factors)
        }
        for name in usage.multipliers where name != usage.serviceTier {
            guard let factors = version.multipliers[name.text] else {
                return .failure(Reason(code: "unknown_multiplier"))
            }
            selected.append(factors)
        }
        for tokenClass in TokenClass.allCases where usage.tokens[tokenClass] != 0 {
            if version.rates[tokenClass.name] == nil { return .failure(Reason(code: "no_rate_\(tokenClass.name)")) }
        }
        return .success(
            Found(
                model: tariff.model, version: version, band: band(version, usage),
                schedule: version.schedules.first { contains($0, usage.instant) }, selected: selected))
    }

    /// The narrowest band that holds.
    private func band(_ version: PlainBook.Version, _ usage: RatableUsage) -> PlainBook.Band? {
        guard case .request(let input, let output) = usage.size else { return nil }
        let holding = version.bands.filter { input >= $0.input && output >= $0.output }
        return holding.first { band in holding.allSatisfy { $0.input <= band.input && $0.output <= band.output } }
    }

    func price(
        _ base: String, _ name: String, _ band: PlainBook.Band?, _ schedule: PlainBook.Schedule?,
        _ step: PlainBook.Step? = nil
    ) -> Fraction {
        let combination = step?.combinations.first {
            $0.band == (band?.name ?? "") && $0.schedule == (schedule?.name ?? "")
        }
        if let rate = combination?.rates[name] { return Fraction(rate) }
        var rules = [band?.rules[name], schedule?.rules[name]].compactMap(\.self)
        if let band, let pair = schedule?.pairs[band.name]?[name] { rules = [.init(isRate: true, value: pair)] }
        if let rule = step?.rules[name] { rules.append(rule) }
        var price = Fraction(base)
        for rule in rules where rule.isRate { price = Fraction(rule.value) }
        for rule in rules where !rule.isRate { price = price * Fraction(rule.value) }
        return price
    }

    private func contains(_ schedule: PlainBook.Schedule, _ instant: Instant) -> Bool {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: schedule.zone) ?? .gmt
        let seconds = (instant.microseconds - CivilDate.floorModulo(instant.microseconds, 1_000_000)) / 1_000_000
        let date = Date(timeIntervalSince1970: TimeInterval(seconds))
        let time = calendar.dateComponents([.hour, .minute], from: date)
        let minute = (time.hour ?? 0) * 60 + (time.minute ?? 0)
        // Noon is on the same date in every zone, whatever the clocks did in the night.
        let noon = calendar.date(bySettingHour: 12, minute: 0, second: 0, of: date) ?? date
        let applies = { (day: Date) -> Bool in
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: day)
            let text = [(parts.year, 4), (parts.month, 2), (parts.day, 2)].map { decimal(Int64($0 ?? 0), width: $1) }
            let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
            let name = schedule.dates[text.joined(separator: "-")] ?? names[(parts.weekday ?? 1) - 1]
            return schedule.weekdays.isEmpty || schedule.weekdays.contains(name)
        }
        if schedule.startMinute < schedule.endMinute {
            return schedule.startMinute <= minute && minute < schedule.endMinute && applies(noon)
        }
        let yesterday = calendar.date(byAdding: .day, value: -1, to: noon) ?? noon
        return schedule.startMinute <= minute && applies(noon) || minute < schedule.endMinute && applies(yesterday)
    }
}
