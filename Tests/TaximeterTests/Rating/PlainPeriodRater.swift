@testable import Taximeter

/// Prices a period token by token, by the rules as they are written down: no slices, no tables, no sorting by parts.
struct PlainPeriodRater {
    let rater: PlainRater

    /// Sums over the period, in 10⁻¹⁸ units.
    struct Totals: Equatable {
        var scheduled: Int128 = 0
        var tiered: Int128 = 0
        var contracted: Int128 = 0
        var net: Int128 = 0
    }

    /// The step whose fee was paid last, the one whose package was started last, and where that ends.
    private struct Paid {
        var step: Int64 = -1
        var packageStep: Int64 = -1
        var covered: Int64 = 0
    }

    /// One token, or the fee of one: its place in the order is its place in the list.
    private struct Token {
        let model: String
        let tokenClass: TokenClass
        /// What an invoice line has in common.
        let line: String
        let contracted: Int128
        let fee: Int128
        var isFree = false
    }

    func totals(_ usages: [RatableUsage]) throws -> Totals {
        let cells = Dictionary(grouping: usages.filter { rater.found($0) != nil && !isFree($0) }, by: key)
        var counts: [String: Int64] = [:]
        var paid: [String: Paid] = [:]
        var all: [String: Int64] = [:]
        for usage in cells.values.joined() {
            let found = try given(rater.found(usage))
            for tokenClass in TokenClass.allCases {
                for counter in counters(found, tokenClass) { all[counter, default: 0] += usage.tokens[tokenClass] }
            }
        }
        var totals = Totals()
        var tokens: [Token] = []
        for (_, usages) in cells.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            for tokenClass in TokenClass.allCases {
                for usage in usages where usage.tokens[tokenClass] > 0 {
                    let found = try given(rater.found(usage))
                    for _ in 0..<usage.tokens[tokenClass] {
                        tokens.append(try token(tokenClass, found, usage, &counts, all, &paid, &totals))
                    }
                }
            }
        }
        free(&tokens)
        totals.net = net(tokens)
        return totals
    }

    private func isFree(_ usage: RatableUsage) -> Bool {
        let version = rater.found(usage)?.version
        return (version?.freeChannels ?? rater.book.freeChannels).contains(usage.channel.text)
    }

    /// Hour, names, version, schedule, band: what orders usage.
    private func key(_ usage: RatableUsage) -> [String] {
        guard let found = rater.found(usage) else { return [] }
        let bands = found.version.bands.sorted { ($0.input, $0.output) < ($1.input, $1.output) }
        let schedule = found.version.schedules.firstIndex { $0.name == found.schedule?.name }.map { $0 + 1 } ?? 0
        let band = bands.firstIndex { $0.name == found.band?.name }.map { $0 + 1 } ?? 0
        return [
            "\(usage.instant.startOfHour)", usage.model.text, usage.channel.text, usage.serviceTier.text,
            usage.multipliers.map(\.text).joined(separator: ","), "\(found.version.from)", "\(schedule)", "\(band)",
        ]
    }

    private func counters(_ found: PlainRater.Found, _ tokenClass: TokenClass) -> [String] {
        let table = found.version.tiers.first { $0.classes.contains(tokenClass.name) }
        let named = table.map(\.counter).flatMap { ["class", "tariff", "book"].contains($0) ? nil : "named \($0)" }
        return ["class \(found.model) \(tokenClass)", "tariff \(found.model)", "book"] + [named].compactMap(\.self)
    }

    private func token(
        _ tokenClass: TokenClass, _ found: PlainRater.Found, _ usage: RatableUsage, _ counts: inout [String: Int64],
        _ all: [String: Int64], _ paid: inout [String: Paid], _ totals: inout Totals
    ) throws -> Token {
        let name = tokenClass.name
        let base = found.version.rates[name] ?? ""
        let discount = Fraction(rater.book.terms.discount[name] ?? "1")
        func units(_ price: Fraction) throws -> Int128 {
            let units = price * Fraction(1_000_000_000_000_000_000)
            return try given(units.denominator == 1 ? units.numerator : nil)
        }
        func perToken(_ step: PlainBook.Step?) -> Fraction {
            rater.price(base, name, found.band, found.schedule, step) * found.factor(name) * Fraction(1, 1_000_000)
        }
        var price = perToken(nil)
        totals.scheduled += try units(price)
        var fee = Fraction(0)
        var line = key(usage).dropFirst(5).joined(separator: "|") + "|\(found.model)|\(name)|\(found.selected)"
        if let table = found.version.tiers.first(where: { $0.classes.contains(name) }) {
            let counter =
                switch table.counter {
                case "class": "class \(found.model) \(tokenClass)"
                case "tariff": "tariff \(found.model)"
                case "book": "book"
                default: "named \(table.counter)"
                }
            let number = (counts[counter] ?? 0) + 1
            let reached = table.isVolume ? all[counter] ?? 0 : number
            let place = try given(table.steps.firstIndex { $0.upTo.map { reached <= $0 } ?? true })
            let step = table.steps[place]
            let start = table.isVolume || place == 0 ? 0 : table.steps[place - 1].upTo ?? 0
            price = perToken(step)
            if step.fee > 0, start > paid[counter, default: Paid()].step {
                fee = fee + Fraction(Int128(step.fee))
                paid[counter, default: Paid()].step = start
            }
            let before = paid[counter, default: Paid()]
            if let package = step.package, before.packageStep != start || number > before.covered {
                fee = fee + Fraction(Int128(package.price))
                paid[counter, default: Paid()].packageStep = start
                paid[counter, default: Paid()].covered = number - 1 + package.tokens
            }
            line += "|\(table.name)|\(place)"
        }
        for counter in counters(found, tokenClass) { counts[counter, default: 0] += 1 }
        totals.tiered += try units(price + fee)
        totals.contracted += try units((price + fee) * discount)
        return Token(
            model: found.model, tokenClass: tokenClass, line: line, contracted: try units(price * discount),
            fee: try units(fee * discount))
    }

    private func free(_ tokens: inout [Token]) {
        for allowance in rater.book.terms.allowances {
            var left = allowance.tokens
            let eligible = tokens.indices.filter { index in
                let token = tokens[index]
                return !token.isFree && token.contracted > 0
                    && (allowance.models.isEmpty || allowance.models.contains(token.model))
                    && (allowance.classes.isEmpty || allowance.classes.contains(token.tokenClass.name))
            }
            let ordered =
                allowance.isDearestFirst
                ? eligible.sorted { (tokens[$1].contracted, $0) < (tokens[$0].contracted, $1) } : eligible
            for index in ordered where left > 0 {
                tokens[index].isFree = true
                left -= 1
            }
        }
    }

    private func net(_ tokens: [Token]) -> Int128 {
        var sum = tokens.reduce(Int128(0)) { $0 + $1.fee }
        for (_, line) in Dictionary(grouping: tokens.filter { !$0.isFree }, by: \.line) {
            let steps = (Int64(line.count) + rater.book.terms.step - 1) / rater.book.terms.step
            let charged = max(steps * rater.book.terms.step, rater.book.terms.minimum)
            sum += Int128(charged) * (line.first?.contracted ?? 0)
        }
        return sum
    }
}
