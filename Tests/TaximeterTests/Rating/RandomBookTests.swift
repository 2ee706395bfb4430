import Testing

@testable import Taximeter

/// What holds for every price book and all usage, tried on random ones.
@Suite struct RandomBookTests {
    private static let seeds: [UInt64] = Array(1...12)

    /// The rater's amounts are those of an evaluator that knows no tables.
    @Test(arguments: seeds)
    func equalsThePlainEvaluator(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var priced = 0
        for _ in 0..<4 {
            let plain = PlainBook.random(&dice)
            let (rater, oracle) = (Rater(book: try PriceBook.parse(plain.yaml, file: "f")), PlainRater(book: plain))
            for _ in 0..<150 {
                let usage = try plain.usage(&dice)
                switch (try rater.rate(usage), oracle.rate(usage)) {
                case (.unpriced(let reason), .unpriced(let expected)): #expect(reason.code == expected, "\(dice)")
                case (.priced(let amounts), .priced(let theoretical, let list, let monetised, let scheduled)):
                    priced += 1
                    let found = [amounts.theoretical, amounts.list, amounts.monetised, amounts.scheduled]
                    #expect(found.map(Self.fraction) == [theoretical, list, monetised, scheduled], "\(dice): \(usage)")
                case (let found, let expected): Issue.record("\(dice): \(found), not \(expected), for \(usage)")
                }
            }
        }
        #expect(priced > 120, "the usage must be priced often enough to mean something; \(dice)")
    }

    private static func fraction(_ money: Money) -> Fraction { Fraction(money.units, 1_000_000_000_000_000_000) }

    /// However usage of one bucket is divided into parts, the parts add up to the whole, class by class.
    @Test(arguments: seeds)
    func splittingNeverChangesASum(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let plain = PlainBook.random(&dice)
        let rater = Rater(book: try PriceBook.parse(plain.yaml, file: "f"))
        for _ in 0..<100 {
            let whole = try plain.usage(&dice)
            guard let amounts = try rater.alone(whole) else { continue }
            var left = whole.tokens
            var sum = PerClass.all(Money.zero(.cny))
            while TokenClass.allCases.contains(where: { left[$0] > 0 }) {
                var part = whole
                for name in TokenClass.allCases { part.tokens[name] = dice.whole(min(left[name], 1)...left[name]) }
                for name in TokenClass.allCases { left[name] -= part.tokens[name] }
                let net = try #require(try rater.alone(part)).netByClass
                sum = try PerClass { name in try sum[name] + net[name] }
            }
            #expect(sum == amounts.netByClass, "\(dice)")
        }
    }

    /// Between two cuts, and within a size class, one rate holds.
    @Test(arguments: seeds)
    func ratesAreConstantBetweenCuts(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let plain = PlainBook.random(&dice)
        let book = try PriceBook.parse(plain.yaml, file: "f")
        let rater = Rater(book: book)
        let range =
            Instant(
                unchecked: PlainBook.start - Instant.day)..<Instant(
                unchecked: PlainBook.start + 40 * Instant.day)
        let cuts = book.cuts(in: range)
        #expect(cuts == Set(cuts).sorted() && cuts.allSatisfy { range.lowerBound < $0 && $0 < range.upperBound })
        let slots = Array(zip([range.lowerBound] + cuts, cuts + [range.upperBound]))
        let sizes = book.sizeCuts
        for slot in (0..<120).map({ _ in dice.one(of: slots) }) {
            var usage = try plain.usage(&dice)
            var ratings: Set<Rating> = []
            let input = Self.sizeClass(sizes.input, &dice)
            let output = Self.sizeClass(sizes.output, &dice)
            for _ in 0..<4 {
                // The ends of the slot and of the classes, and something between.
                usage.instant = Instant(
                    unchecked: dice.one(
                        of: [
                            slot.0.microseconds, slot.1.microseconds - 1,
                            dice.whole(slot.0.microseconds...slot.1.microseconds - 1),
                        ]))
                usage.size = .request(
                    totalInput: dice.one(of: [input.lowerBound, input.upperBound]),
                    output: dice.one(of: [output.lowerBound, output.upperBound]))
                ratings.insert(try rater.rate(usage))
            }
            #expect(ratings.count == 1, "\(dice): \(slot) \(usage)")
        }
    }

    private static func sizeClass(_ bounds: [Int64], _ dice: inout Dice) -> ClosedRange<Int64> {
        let index = dice.whole(0...bounds.count - 1)
        return bounds[index]...(index + 1 < bounds.count ? bounds[index + 1] - 1 : .max)
    }

    /// Every line of an explanation adds up, and all of them to the rating.
    @Test(arguments: seeds)
    func explanationsAddUp(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let plain = PlainBook.random(&dice)
        let rater = Rater(book: try PriceBook.parse(plain.yaml, file: "f"))
        for _ in 0..<100 {
            let usage = try plain.usage(&dice)
            let explanation = try rater.explain(usage)
            guard case .priced(let amounts) = explanation.rating else {
                #expect(explanation.lines.isEmpty)
                #expect(try rater.rate(usage).amounts == nil)
                continue
            }
            #expect(amounts.request == (try rater.rate(usage).amounts))
            var (list, net) = (Money.zero(.cny), Money.zero(.cny))
            for line in explanation.lines {
                let discounts = [
                    line.channelDiscount, line.scheduleDiscount, line.tierDiscount, line.contractDiscount,
                    line.allowanceDiscount,
                ]
                let sum = try discounts.reduce(line.net) { try $0 + $1 }
                #expect(sum == line.list)
                list = try list + line.list
                net = try net + line.net
            }
            #expect(list == amounts.request.list && net == amounts.net, "\(dice)")
        }
    }

    /// A book, its canonical form, and the book put together from its stored parts are one and the same.
    @Test(arguments: seeds)
    func storedBooksPriceAlike(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<5 {
            let plain = PlainBook.random(&dice)
            let book = try PriceBook.parse(plain.yaml, file: "f")
            let stored = try PriceBook(header: book.header, stored: book.storedTariffs)
            #expect(stored == book, "\(dice)")
            #expect(stored.canonicalJSON == book.canonicalJSON)
            let (one, other) = (Rater(book: book), Rater(book: stored))
            for _ in 0..<20 {
                let usage = try plain.usage(&dice)
                #expect(try one.rate(usage) == other.rate(usage))
            }
        }
    }
}
