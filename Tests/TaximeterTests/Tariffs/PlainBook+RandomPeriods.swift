@testable import Taximeter

extension PlainBook {
    /// A random book with volume tiers in most versions, and terms.
    static func randomWithPeriods(_ dice: inout Dice) -> PlainBook {
        var book = random(&dice)
        for tariff in book.tariffs.indices {
            for version in book.tariffs[tariff].versions.indices where dice.chance(4, in: 5) {
                book.tariffs[tariff].versions[version].addTiers(&dice)
            }
        }
        let models = book.tariffs.map(\.model)
        if dice.chance(1, in: 2) {
            book.terms.discount = ["output": "0.5", "cache_miss": dice.one(of: ["1", "0", "0.5"])]
        }
        if dice.chance(1, in: 2) {
            book.terms.allowances = (0..<dice.whole(1...2)).map { index in
                Allowance(
                    name: "allowance-\(index)", tokens: dice.whole(1...2_000), isDearestFirst: dice.chance(1, in: 2),
                    models: dice.chance(1, in: 2) ? [dice.one(of: models)] : [],
                    classes: dice.chance(1, in: 2) ? [dice.one(of: TokenClass.allCases).name] : [])
            }
        }
        if dice.chance(1, in: 3) {
            book.terms.minimum = dice.one(of: [0, 1, 500])
            book.terms.step = dice.one(of: [1, 7, 100])
        }
        return book
    }
}

extension PlainBook.Version {
    fileprivate mutating func addTiers(_ dice: inout Dice) {
        var left = TokenClass.allCases.map(\.name).filter { rates[$0] != nil }
        let all = left
        for index in 0..<dice.whole(1...2) where !left.isEmpty {
            let classes = index == 0 && dice.chance(1, in: 2) ? left : left.filter { _ in dice.chance(1, in: 2) }
            if classes.isEmpty { continue }
            left.removeAll { classes.contains($0) }
            let counter = dice.one(of: ["class", "tariff", "book", "mine"])
            let mayCharge = counter == "class" || counter == "mine" || counter == "tariff" && classes == all
            tiers.append(
                PlainBook.Tiers(
                    name: "tiers-\(index)", counter: counter, classes: classes, isVolume: dice.chance(1, in: 3),
                    steps: steps(&dice, classes, mayCharge: mayCharge)))
        }
    }

    private func steps(_ dice: inout Dice, _ classes: [String], mayCharge: Bool) -> [PlainBook.Step] {
        let bounds = Set((0..<dice.whole(0...3)).map { _ in dice.whole(1...1_500 as ClosedRange<Int64>) }).sorted()
        return (bounds.map(Optional.some) + [nil]).map { bound in
            var step = PlainBook.Step(upTo: bound, rules: [:], fee: 0, package: nil, combinations: [])
            if mayCharge, dice.chance(1, in: 4) { step.fee = dice.whole(1...9) }
            if mayCharge, dice.chance(1, in: 4) {
                step.package = (dice.whole(1...40), dice.whole(1...9))
                // A package is the price of the tokens, whatever else holds.
                for name in classes { step.rules[name] = .init(isRate: false, value: "0") }
                return step
            }
            for name in classes where dice.chance(2, in: 3) {
                let isRate = dice.chance(1, in: 3)
                step.rules[name] = .init(
                    isRate: isRate, value: isRate ? "0.\(dice.whole(1...99))" : dice.one(of: ["0", "0.5", "2"]))
            }
            spellOut(&step, &dice)
            return step
        }
    }

    /// Rates wherever the step has one, and the band or the schedule in force too.
    private func spellOut(_ step: inout PlainBook.Step, _ dice: inout Dice) {
        for (name, _) in step.rules.filter(\.value.isRate).sorted(by: { $0.key < $1.key }) {
            for band in [nil] + bands.map(Optional.some) {
                for schedule in [nil] + schedules.map(Optional.some) {
                    let pair = band.flatMap { schedule?.pairs[$0.name]?[name] }
                    let isRate = band?.rules[name]?.isRate == true || schedule?.rules[name]?.isRate == true
                    if !isRate, pair == nil { continue }
                    let (bandName, scheduleName) = (band?.name ?? "", schedule?.name ?? "")
                    let place = step.combinations.firstIndex { $0.band == bandName && $0.schedule == scheduleName }
                    let rate = "0.\(dice.whole(1...99))"
                    if let place {
                        step.combinations[place].rates[name] = rate
                    } else {
                        step.combinations.append((bandName, scheduleName, [name: rate]))
                    }
                }
            }
        }
    }
}
