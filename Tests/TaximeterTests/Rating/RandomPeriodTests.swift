import Testing

@testable import Taximeter

/// What holds for every billing period, tried on random books and usage.
@Suite struct RandomPeriodTests {
    private static let seeds: [UInt64] = Array(101...112)

    private struct Period {
        let plain: PlainBook
        let rater: PeriodRater
        let usages: [RatableUsage]
    }

    /// A random book whose prices are all exact, and some usage of it.
    private static func period(_ dice: inout Dice) throws -> Period {
        while true {
            let plain = PlainBook.randomWithPeriods(&dice)
            guard let book = try exact(plain.yaml) else { continue }
            let usages = try (0..<dice.whole(1...12)).map { _ in
                var usage = try plain.usage(&dice)
                // Few tokens, so that they can be priced one by one; the band is that of the size beside them.
                for tokenClass in TokenClass.allCases { usage.tokens[tokenClass] %= 300 }
                return usage
            }
            return Period(plain: plain, rater: PeriodRater(book), usages: usages)
        }
    }

    /// The book, or nil when all that is wrong with it is that some product has more than 18 decimals.
    private static func exact(_ yaml: String) throws -> PriceBook? {
        do {
            return try PriceBook.parse(yaml, file: "f")
        } catch {
            if error.diagnostics.allSatisfy({ $0.description.contains("beyond 18 decimals") }) { return nil }
            throw error
        }
    }

    private static func totals(_ outcome: PeriodRater.Outcome, _ count: Int) -> PlainPeriodRater.Totals {
        var totals = PlainPeriodRater.Totals()
        for amounts in (0..<count).compactMap({ outcome[$0].amounts }) {
            totals.scheduled += amounts.request.scheduled.units
            totals.tiered += amounts.tiered.units
            totals.contracted += amounts.contracted.units
            totals.net += amounts.net.units
        }
        return totals
    }

    /// The sums are those of an evaluator that prices token by token.
    @Test(arguments: seeds)
    func equalsThePlainEvaluator(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var tiered = 0
        for _ in 0..<25 {
            let period = try Self.period(&dice)
            let expected = try PlainPeriodRater(rater: PlainRater(book: period.plain)).totals(period.usages)
            let found = Self.totals(try period.rater.rate(period.usages), period.usages.count)
            #expect(found == expected, "\(dice)\n\(period.plain.yaml)\n\(period.usages)")
            if found.tiered != found.scheduled, found.net != found.contracted { tiered += 1 }
        }
        #expect(tiered > 0, "tiers and terms must matter often enough to mean something; \(dice)")
    }

    /// The order in which usage comes changes nothing, not even which bucket bears what.
    @Test(arguments: seeds)
    func orderNeverMatters(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<40 {
            let period = try Self.period(&dice)
            let outcome = try period.rater.rate(period.usages, slices: true)
            let order = period.usages.indices.shuffled(using: &dice)
            let other = try period.rater.rate(order.map { period.usages[$0] }, slices: true)
            let same = Set(period.usages).count == period.usages.count
            for (place, index) in order.enumerated() where same {
                #expect(other[place] == outcome[index], "\(dice)")
            }
            #expect(Self.totals(other, order.count) == Self.totals(outcome, order.count), "\(dice)")
            #expect(other.allowancesUsed == outcome.allowancesUsed && other.counted == outcome.counted, "\(dice)")
        }
    }

    /// Cutting usage finer, into other instants of the same hour and price, never changes a sum.
    @Test(arguments: seeds)
    func splittingNeverChangesASum(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<40 {
            let period = try Self.period(&dice)
            let cuts = period.rater.rater.book.cuts(in: .earliest..<Instant.latest)
            var parts: [RatableUsage] = []
            for usage in period.usages {
                var (first, second) = (usage, usage)
                for tokenClass in TokenClass.allCases {
                    first.tokens[tokenClass] = dice.whole(0...usage.tokens[tokenClass])
                    second.tokens[tokenClass] -= first.tokens[tokenClass]
                }
                // Anywhere between the cuts around it: nothing of the book changes there.
                let hour = usage.instant.startOfHour
                let end = Instant(unchecked: hour.microseconds + Instant.hour)
                let from = max(hour, cuts.last { $0 <= usage.instant } ?? hour)
                let until = min(end, cuts.first { $0 > usage.instant } ?? end)
                second.instant = Instant(unchecked: dice.whole(from.microseconds...until.microseconds - 1))
                parts += [first, second]
            }
            let whole = Self.totals(try period.rater.rate(period.usages), period.usages.count)
            // A part without tokens of a class that has no rate may have a price where the whole had none.
            let unpriced = try period.rater.rate(period.usages)
            guard period.usages.indices.allSatisfy({ unpriced[$0].amounts != nil }) else { continue }
            #expect(Self.totals(try period.rater.rate(parts), parts.count) == whole, "\(dice)")
        }
    }

    /// Slices explain every amount: the list less all discounts is the net, line by line and in sum; tokens are conserved.
    @Test(arguments: seeds)
    func slicesAddUp(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<40 {
            let period = try Self.period(&dice)
            let outcome = try period.rater.rate(period.usages, slices: true)
            for (index, usage) in period.usages.enumerated() {
                guard let amounts = outcome[index].amounts else { continue }
                let slices = outcome.slices.filter { $0.usage == index }
                let version = period.rater.rater.book.tariffs[amounts.request.version.tariff]
                    .versions[amounts.request.version.version]
                var sums = [Int128](repeating: 0, count: 3)
                for slice in slices {
                    let line = try period.rater.line(slice, version)
                    let discounts = [
                        line.channelDiscount, line.scheduleDiscount, line.tierDiscount, line.contractDiscount,
                        line.allowanceDiscount,
                    ]
                    #expect(line.list.units - discounts.reduce(0) { $0 + $1.units } == line.net.units)
                    sums[0] += line.list.units
                    sums[1] += line.net.units
                    sums[2] += line.allowanceDiscount.units
                }
                #expect(sums[0] == amounts.request.list.units && sums[1] == amounts.net.units, "\(dice)")
                #expect(sums[2] == amounts.contracted.units - amounts.net.units, "\(dice)")
                for tokenClass in TokenClass.allCases {
                    let tokens = slices.filter { $0.tokenClass == tokenClass }.reduce(0) { $0 + $1.tokens }
                    #expect(tokens == usage.tokens[tokenClass], "\(dice)")
                }
            }
        }
    }

    /// A period rated in one go or in two, the second knowing what the first counted: the same, where no price depends on
    /// the whole.
    @Test(arguments: seeds)
    func countersCarryOn(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<40 {
            let period = try Self.period(&dice)
            let hasVolume = period.plain.tariffs.flatMap(\.versions).flatMap(\.tiers).contains(where: \.isVolume)
            let isSimple =
                period.plain.terms.allowances.isEmpty && period.plain.terms.step == 1
                && period.plain.terms.minimum == 0
            if hasVolume || !isSimple { continue }
            let usages = period.usages.sorted { $0.instant < $1.instant }
            let edge = usages[usages.count / 2].instant.startOfHour
            let (first, second) = (usages.filter { $0.instant < edge }, usages.filter { $0.instant >= edge })
            let before = try period.rater.rate(first)
            let after = try period.rater.rate(second.map(period.rater.usage), counted: before.counted)
            let whole = try period.rater.rate(usages)
            let sum = [Self.totals(before, first.count), Self.totals(after, second.count)].map(\.net).reduce(0, +)
            #expect(sum == Self.totals(whole, usages.count).net, "\(dice)")
            #expect(after.counted == whole.counted, "\(dice)")
        }
    }

    /// A book, its canonical form, and the book put together from its stored parts price alike.
    @Test(arguments: seeds)
    func storedBooksPriceAlike(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<10 {
            let period = try Self.period(&dice)
            let book = period.rater.rater.book
            let header = PriceBook.Header(
                name: book.name, currency: book.currency, ratingInstant: book.ratingInstant, reference: book.reference,
                terms: try Terms(canonicalText: book.terms.canonicalText))
            let stored = try PriceBook(header: header, stored: book.storedTariffs)
            #expect(stored == book && stored.canonicalJSON == book.canonicalJSON, "\(dice)")
            let other = try PeriodRater(stored).rate(period.usages)
            let outcome = try period.rater.rate(period.usages)
            for index in period.usages.indices { #expect(other[index] == outcome[index], "\(dice)") }
        }
    }
}
