import Testing

@testable import Taximeter

/// Everything that is wrong with tiers and terms, each with its place.
@Suite struct PeriodDiagnosticTests {
    @Test(
        arguments: [
            (
                "{name: t, counter: class, mode: graduated, step: [{factor: 1}]}",
                ["tiers[0].steps: found nothing", "the key \"step\"", "did you mean \"steps\"?"]
            ),
            (
                "{name: t, counter: class, mode: gradual, steps: [{factor: 1}]}",
                ["found \"gradual\"; expected graduated or volume"]
            ),
            ("{name: t, counter: class, mode: volume, steps: []}", ["found no step; expected at least one step"]),
            (
                "{name: t, counter: class, mode: volume, steps: [{up_to: 5}]}",
                ["found a last step that ends; expected a last step without up_to"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{factor: 1}, {factor: 2}]}",
                ["steps[0].up_to: found nothing; expected the last token of the step"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{up_to: 5}, {up_to: 5}, {}]}",
                ["steps[1].up_to: found 5; expected more than the 5 of the step before"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{up_to: 0}, {}]}",
                ["found \"0\"; expected a whole number of tokens from 1"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{up_to: 1.5}, {}]}",
                ["found \"1.5\"; expected a whole number of tokens from 1"]
            ),
            (
                "{name: t, counter: class, mode: volume, classes: [cache_hit], steps: [{}]}",
                ["found cache_hit; expected a class with a base rate"]
            ),
            (
                "{name: t, counter: class, mode: volume, classes: [], steps: [{}]}",
                ["found no class; expected at least one class"]
            ),
            (
                "{name: t, counter: class, mode: volume, classes: [cache_mis], steps: [{}]}",
                ["found \"cache_mis\"", "did you mean \"cache_miss\"?"]
            ),
            (
                "{name: t, counter: class, mode: volume, classes: [output], steps: [{factors: {cache_miss: 2}}]}",
                ["found a rule for cache_miss; expected rules for the table's classes only"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{flat: -1}]}",
                ["found \"-1\"; expected an amount of 0 or more in USD"]
            ),
            (
                "{name: t, counter: book, mode: volume, steps: [{flat: 1}]}",
                ["found flat fees or packages over the counter book; expected a counter of the table's own classes"]
            ),
            (
                "{name: t, counter: tariff, mode: volume, classes: [output], steps: [{flat: 1}]}",
                ["over the counter tariff"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{package: {tokens: 0, price: 1}}]}",
                ["package.tokens: found \"0\""]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{package: {tokens: 9}}]}",
                ["package.price: found nothing; expected the price of a package"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{factor: 1, package: {tokens: 9, price: 1}}]}",
                ["steps[0].factor: found \"1\"; expected nothing beside package"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{rates: {output: 1}}]}",
                ["tiers.t: found rates for output in step 1 and under band long; expected the rate that holds for both"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{combinations: [{rates: {output: 1}}]}]}",
                ["found neither band nor schedule"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{combinations: [{band: lang, rates: {output: 1}}]}]}",
                ["found \"lang\"; expected long", "did you mean \"long\"?"]
            ),
            (
                "{name: t, counter: class, mode: volume, steps: [{factor: -1}]}",
                ["found \"-1\"; expected a factor of 0 or more"]
            ),
            (
                "{name: t, counter: class, mode: volume, classes: [output], steps: [{}]}, {name: t, counter: class, mode: volume, steps: [{}]}",
                [
                    "found a second tier table t",
                    "found output, which tier table t prices; expected a class in one table only",
                ]
            ),
        ] as [(String, [String])])
    func tiersAreChecked(_ tiers: String, _ expected: [String]) {
        let version = """
            from: 2025-01-01T00:00:00Z
            rates: {cache_miss: 1, output: 2}
            bands: [{name: long, input: {over: 9}, rates: {output: 3}}]
            tiers: [\(tiers)]
            """
        check(expected) { () throws(FileErrors) in
            do { _ = try book(version: version) } catch let error as FileErrors { throw error } catch {}
        }
    }

    @Test(
        arguments: [
            (
                "{discount: {}}",
                ["discount: found neither; expected either factor, for all classes, or factors by class"]
            ),
            ("{discount: {factor: 1.1}}", ["discount.factor: found \"1.1\"; expected a factor from 0 to 1"]),
            ("{discount: {factors: {output: 2}}}", ["expected a factor from 0 to 1"]),
            (
                "{allowances: [{name: a, per: period}]}",
                ["allowances[0].tokens: found nothing; expected how many tokens are free"]
            ),
            ("{allowances: [{name: a, tokens: 5, per: month}]}", ["found \"month\"; expected period or lifetime"]),
            (
                "{allowances: [{name: a, tokens: 5, per: period, order: dearest}]}",
                ["found \"dearest\"; expected in_order or dearest_first"]
            ),
            (
                "{allowances: [{name: a, tokens: 5, per: period, models: [n]}]}",
                ["found the model n in a; expected a model of this book"]
            ),
            (
                "{allowances: [{name: a, tokens: 5, per: period}, {name: a, tokens: 6, per: period}]}",
                ["found a second allowance a"]
            ),
            ("{quantities: {step: 0}}", ["quantities.step: found \"0\"; expected a whole number of tokens from 1"]),
            ("{rounding: down}", ["rounding: found \"down\"; expected half_away_from_zero or half_even or up"]),
            ("{discunt: {factor: 1}}", ["found the key \"discunt\"", "did you mean \"discount\"?"]),
        ] as [(String, [String])])
    func termsAreChecked(_ terms: String, _ expected: [String]) {
        check(expected) { () throws(FileErrors) in
            _ = try PriceBook.parse(
                """
                price_book: b
                currency: USD
                terms: \(terms)
                tariffs: [{model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 1}}]}]
                """, file: "f")
        }
    }

    private func check(_ expected: [String], _ parse: () throws(FileErrors) -> Void) {
        let errors = #expect(throws: FileErrors.self) { try parse() }
        let text = errors?.description ?? ""
        for part in expected { #expect(text.contains(part), "\(text)") }
        #expect((errors?.diagnostics ?? []).allSatisfy { $0.line >= 1 && $0.column >= 1 })
    }
}
