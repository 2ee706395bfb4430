import Testing

@testable import Taximeter

/// What differs between two books.
@Suite struct PriceBookDifferenceTests {
    private static let text = """
        price_book: list
        currency: USD
        terms:
          discount: {factors: {output: 0.9}}
          allowances: [{name: free, tokens: 1000, per: period}]
          rounding: up
        tariffs:
          - model: m
            aliases: [n, {name: o, until: 2025-06-01T00:00:00Z}]
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {cache_hit: 0.3, cache_miss: 3, output: 16}
                bands: [{name: long, input: {over: 200000}, factor: 2}]
                schedules: [{name: night, time_zone: UTC, from: "22:00", until: "06:00", factor: 0.5}]
                multipliers: {batch: 0.5}
                channels: {web: free}
                tiers:
                  - name: volume
                    counter: tariff
                    mode: graduated
                    steps: [{up_to: 1000}, {factor: 0.5, flat: 10}]
              - from: 2026-01-01T00:00:00Z
                rates: {output: 8}
          - model: p
            versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 1}}]
        """

    private func lines(_ old: String, _ new: String) throws -> [String] {
        let before = try PriceBook.parse(old, file: "old")
        return try before.difference(to: PriceBook.parse(new, file: "new")).sections.flatMap { section in
            ["\(section.subject) \(section.kind)"]
                + section.changes.map { change in
                    "\(change.path): \(change.before ?? "-") > \(change.after ?? "-")"
                        + (change.percent.map { " \($0)" } ?? "")
                }
        }.map { line in
            // The subject as Swift writes it, shorter.
            line.replacing("Taximeter.", with: "").replacing("PriceBookDifference.", with: "")
        }
    }

    /// Every part of the format; the path and both values.
    @Test(
        arguments: [
            ("output: 16", "output: 32", ["rates.output: 16 > 32 +100 %"]),
            ("cache_miss: 3,", "cache_miss: 4,", ["rates.cache_miss: 3 > 4 ≈ +33.33 %"]),
            ("cache_hit: 0.3,", "", ["rates.cache_hit: 0.3 > -", "bands[long].factors.cache_hit: 2 > -"]),
            ("over: 200000", "from: 100001", ["bands[long].input.from: 200001 > 100001 ≈ −50 %"]),
            (
                "name: long", "name: large",
                ["bands[large].input.from: - > 200001", "bands[long].input.from: 200001 > -"]
            ),
            ("\"22:00\"", "\"23:00\"", ["schedules[night].from: 22:00 > 23:00"]),
            ("time_zone: UTC", "time_zone: Asia/Shanghai", ["schedules[night].time_zone: UTC > Asia/Shanghai"]),
            ("until: \"06:00\"", "until: \"06:00\", weekdays: [monday]", ["schedules[night].weekdays: - > monday"]),
            ("batch: 0.5", "batch: {output: 0.5}", ["multipliers.batch.cache_hit: 0.5 > -"]),
            ("web: free", "app: free", ["channels.app: - > free", "channels.web: free > -"]),
            ("up_to: 1000}", "up_to: 2000}", ["tiers[volume].steps[1].up_to: 1000 > 2000 +100 %"]),
            ("flat: 10", "flat: 12.5", ["tiers[volume].steps[2].flat: 10 > 12.5 +25 %"]),
            ("mode: graduated", "mode: volume", ["tiers[volume].mode: graduated > volume"]),
            ("{output: 0.9}", "{output: 0.8}", ["terms.discount.factors.output: 0.9 > 0.8 ≈ −11.11 %"]),
            ("tokens: 1000,", "tokens: 1500,", ["terms.allowances[free].tokens: 1000 > 1500 +50 %"]),
            ("rounding: up", "rounding: half_even", ["terms.rounding: up > half_even"]),
            ("currency: USD", "currency: EUR", ["currency: USD > EUR"]),
            ("2025-06-01", "2025-07-01", ["aliases[o].until: 2025-06-01T00:00:00Z > 2025-07-01T00:00:00Z"]),
            ("[n, ", "[", ["aliases[n].name: n > -"]),
        ] as [(String, String, [String])])
    func everyPart(_ old: String, _ new: String, _ expected: [String]) throws {
        #expect(Self.text.contains(old))
        let lines = try lines(Self.text, Self.text.replacing(old, with: new))
        for line in expected { #expect(lines.contains(line), "\(lines)") }
        // And back again.
        let back = try self.lines(Self.text.replacing(old, with: new), Self.text)
        #expect(back.count == lines.count)
    }

    @Test func nothingDiffersFromItself() throws {
        #expect(try lines(Self.text, Self.text) == [])
        #expect(try lines(Self.text, PriceBook.parse(Self.text, file: "").canonicalJSON) == [])
        // Another spelling of the same.
        #expect(try lines(Self.text, Self.text.replacing("over: 200000", with: "from: 200001")) == [])
    }

    /// A new version against the one before, one that is gone against the one that holds instead, a whole model.
    @Test func versionsAndModelsComeAndGo() throws {
        let without = Self.text.replacing(/\n      - from: 2026.*\n        rates: \{output: 8\}/, with: "")
        #expect(without != Self.text)
        let book = try PriceBook.parse(Self.text, file: "")
        let less = try PriceBook.parse(without, file: "")
        let added = less.difference(to: book)
        let start = try given(Instant(rfc3339: "2026-01-01T00:00:00Z"))
        let first = try given(Instant(rfc3339: "2025-01-01T00:00:00Z"))
        let (m, p) = (try Identifier("m"), try Identifier("p"))
        #expect(added.sections.map(\.subject) == [.version(m, from: start)])
        #expect(added.sections.map(\.kind) == [.added(against: first)])
        #expect(added.sections[0].changes.contains { $0.path == "rates.output" && $0.percent == "−50 %" })
        #expect(!added.sections[0].changes.contains { $0.path == "from" })
        #expect(book.difference(to: less).sections.map(\.kind) == [.removed(against: first)])

        let alone = try PriceBook.parse(
            Self.text.replacing(/\n  - model: p\n.*/, with: ""), file: "")
        let model = alone.difference(to: book)
        #expect(model.sections.map(\.subject) == [.version(p, from: first)])
        #expect(model.sections.map(\.kind) == [.added(against: nil)])
        #expect(model.sections[0].changes.map { "\($0.path) \($0.after ?? "")" } == ["rates.output 1"])
    }

    /// Exact fractions, rounded half away from zero only where two decimals are not enough.
    @Test(
        arguments: [
            ("1", "1.005", "+0.5 %"), ("3", "2", "≈ −33.33 %"), ("0.07", "0.56", "+700 %"), ("0", "1", nil),
            ("2", "0", "−100 %"), ("0.0028", "0.003", "≈ +7.14 %"), ("16:30", "17:30", nil), ("a", "b", nil),
            ("1000000000000000000", "1000000000000000001", "≈ +0 %"), ("8", "8.0006", "≈ +0.01 %"),
            ("200", "200.01", "≈ +0.01 %"), ("200", "199.99", "≈ −0.01 %"),
            // A source may be any text, so also a number without a percentage of another.
            ("1", "-170141183460469231731687303715884105728", nil),
        ] as [(String, String, String?)])
    func perCent(_ before: String, _ after: String, _ percent: String?) {
        #expect(PriceBookDifference.Change(path: "", before: before, after: after).percent == percent)
    }
}
