import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter tariffs check`, `diff`, `show` and `next-change`, as a user runs them.
@Suite struct TariffsCommandTests {
    private let folder: URL
    private static let books = Fixtures.folder.appending(path: "price-books").path

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-tariffs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func taximeter(_ arguments: String..., input: String = "") throws -> CommandLineTool.Result {
        try CommandLineTool.run(["tariffs"] + arguments, input: input)
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    private static let small = """
        price_book: small
        currency: EUR
        tariffs:
          - model: m
            versions:
              - from: 2026-01-01T00:00:00Z
                rates: {cache_miss: 0.5, output: 2}
                multipliers: {batch: 0.5, priority: {output: 3}}

        """

    // MARK: check

    @Test func checkTellsWhatIsInEachBook() throws {
        let deepSeek = "\(Self.books)/deepseek-usd.yaml"
        #expect(
            try taximeter("check", deepSeek, "-", input: Self.small)
                == .init(
                    exitCode: 0,
                    output: "\(deepSeek): deepseek-usd (USD): 5 tariffs, 16 versions\n"
                        + "stdin: small (EUR): 1 tariff, 1 version\n"))
    }

    /// Every fixture passes.
    @Test func checkPassesEveryFixture() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.books).sorted()
        let result = try CommandLineTool.run(["tariffs", "check"] + names.map { "\(Self.books)/\($0)" })
        #expect(result.exitCode == 0 && result.errors == "")
        #expect(result.output.split(separator: "\n").count == names.count && names.count >= 10)
    }

    /// Two files, two faults, a third file that is well: only the faults, each with its place and a suggestion.
    @Test func checkTellsAllFaultsOfAllFiles() throws {
        let first = try file("first.yaml", Self.small.replacing("cache_miss", with: "cache_mis"))
        let second = try file("second.yaml", Self.small.replacing("multipliers", with: "multiplier"))
        let keys = "from, until, after_gap, source, rates, bands, schedules, multipliers, tiers, channels"
        let result = try taximeter("check", first, "\(Self.books)/xai-usd.yaml", second)
        #expect(result.exitCode == 65 && result.output == "")
        #expect(
            result.errors == """
                \(first):7:17: tariffs[0].versions[0].rates: found the token class "cache_mis"; expected one of cache_hit, \
                cache_miss, cache_write, cache_write_1h, output (did you mean "cache_miss"?)
                \(second):8:9: tariffs[0].versions[0]: found the key "multiplier"; expected one of \(keys) \
                (did you mean "multipliers"?)

                """)
    }

    @Test func checkTellsOfAFileThatCannotBeRead() throws {
        let missing = folder.appending(path: "missing.yaml").path
        #expect(
            try taximeter("check", missing)
                == .init(exitCode: 74, output: "", errors: "\(missing): cannot be read as a text file\n"))
        // With a fault in another file it is that which the code tells; both are said.
        let bad = try file("bad.yaml", "price_book: x\n")
        let result = try taximeter("check", missing, bad)
        #expect(
            result.exitCode == 65 && result.errors.hasPrefix("\(missing): cannot be read as a text file\n\(bad):1:1: "))
        #expect(try taximeter("check", "-", input: "{").exitCode == 65)
        #expect(try taximeter("check").exitCode == 64)
    }

    // MARK: diff

    @Test func diffTellsWhatDiffers() throws {
        let old = try file("old.yaml", Self.small)
        let new = try file(
            "new.yaml",
            Self.small.replacing("output: 2", with: "output: 3") + """
                      - from: 2026-06-01T00:00:00Z
                        rates: {cache_miss: 0.5, output: 2.5}
                        multipliers: {batch: 0.5, priority: {output: 3}}

                """)
        let text = """
              m, version from 2026-01-01T00:00:00Z
                rates.output: 2 → 3 (+50 %)
            + m, version from 2026-06-01T00:00:00Z, against the version from 2026-01-01T00:00:00Z
                rates.output: 2 → 2.5 (+25 %)

            """
        #expect(try taximeter("diff", old, new) == .init(exitCode: 0, output: text))
        #expect(try taximeter("diff", "--exit-code", old, new) == .init(exitCode: 1, output: text))
        #expect(
            try taximeter("diff", "--exit-code", old, "-", input: Self.small)
                == .init(exitCode: 0, output: "no difference\n"))
        // What costs 2 euros and then 3 yen has not become dearer by half.
        let yen = Self.small.replacing("EUR", with: "JPY").replacing("output: 2", with: "output: 3")
        let currencies = """
              the book
                currency: EUR → JPY
              m, version from 2026-01-01T00:00:00Z
                rates.output: 2 → 3

            """
        #expect(try taximeter("diff", old, "-", input: yen) == .init(exitCode: 0, output: currencies))
        let bad = try taximeter("diff", old, "-", input: Self.small.replacing("EUR", with: "euro"))
        #expect(bad.exitCode == 65 && bad.output == "" && bad.errors.contains("stdin:2:11: currency: found \"euro\""))
    }

    // MARK: show

    @Test func showTellsThePricesInForce() throws {
        let result = try taximeter(
            "show", "--at", "2026-03-01T00:00:00Z", "--price-book", "\(Self.books)/anthropic-usd.yaml", "--model",
            "claude-sonnet-4-6")
        #expect(
            result
                == .init(
                    exitCode: 0,
                    output: """
                        anthropic-usd: USD per million tokens at 2026-03-01T00:00:00Z

                        model              version from          schedule  band                              \
                        cache_hit  cache_miss  cache_write  cache_write_1h  output  multipliers        free channels
                        ─────────────────  ────────────────────  ────────  ────────────────────────────────  \
                        ─────────  ──────────  ───────────  ──────────────  ──────  ─────────────────  ─────────────
                        claude-sonnet-4-6  2026-02-17T00:00:00Z  –         –                                 \
                              0.3           3         3.75               6      15  batch 0.5, us 1.1
                                                                           long-context (input from 200001)  \
                              0.6           6          7.5              12    22.5

                        """))
    }

    @Test func showAsJSON() throws {
        let result = try taximeter(
            "show", "--at", "2026-09-28T02:00:00Z", "--price-book", "\(Self.books)/deepseek-usd.yaml", "--json")
        #expect(result.exitCode == 0 && result.errors == "")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(object["price_book"] as? String == "deepseek-usd" && object["currency"] as? String == "USD")
        let models = try #require(object["models"] as? [[String: Any]])
        #expect(models.compactMap { $0["model"] as? String } == ["deepseek-v4-pro", "deepseek-flash"])
        #expect(models.compactMap { $0["schedule"] as? String } == ["peak-morning", "peak-morning"])
        let prices = try #require(models[1]["prices"] as? [[String: Any]])
        #expect(
            prices.first?["rates_per_million"] as? [String: String]
                == ["cache_hit": "0.006", "cache_miss": "0.3", "output": "1.2"])
    }

    /// What comes on top of the prices is said.
    @Test func showTellsOfTiersAndTerms() throws {
        let tiers = "tiers: [{name: volume, counter: class, mode: graduated, steps: [{up_to: 9}, {factor: 0.5}]}]"
        let tiered = try file("tiered.yaml", Self.small + "        \(tiers)\nterms: {discount: {factor: 0.9}}\n")
        let result = try taximeter("show", "--price-book", tiered, "--at", "2026-02-01T00:00:00Z")
        #expect(result.exitCode == 0)
        #expect(
            result.output.hasSuffix(
                "m: before volume tiers (volume)\nthe terms of the book come on top of these prices\n"))
        let later = try taximeter("show", "--price-book", tiered, "--at", "2025-02-01T00:00:00Z")
        #expect(later.output.hasSuffix("\nno version in force: m\n"))
    }

    /// Without a file, from the store: its default book, or one by name.
    @Test func showAndNextChangeReadTheStore() throws {
        let database = try TestDatabase()
        let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
        func run(_ arguments: String...) throws -> CommandLineTool.Result {
            try CommandLineTool.run(["tariffs"] + arguments, environment: environment)
        }
        let empty = try run("show")
        #expect(empty.exitCode == 65 && empty.errors.contains("the store has no price book: load one"))
        let small = try file("small.yaml", Self.small)
        #expect(try run("load", small, "\(Self.books)/deepseek-usd.yaml").exitCode == 0)
        let shown = try run("show", "--at", "2026-02-01T00:00:00Z")
        #expect(
            shown.exitCode == 0 && shown.output.hasPrefix("small: EUR per million tokens at 2026-02-01T00:00:00Z\n"))
        #expect(shown.output.contains("batch 0.5, priority output 3"))
        let next = try run("next-change", "--book", "deepseek-usd", "--after", "2026-09-30T10:00:00Z")
        #expect(
            next
                == .init(
                    exitCode: 0,
                    output: """
                        2026-10-08T01:00:00Z (2026-10-08 09:00, thursday, Asia/Shanghai)
                          deepseek-flash: schedule peak-morning begins
                            before: cache_hit 0.003, cache_miss 0.15, output 0.6
                            after:  cache_hit 0.006, cache_miss 0.3, output 1.2
                          deepseek-v4-pro: schedule peak-morning begins
                            before: cache_hit 0.022, cache_miss 0.66, output 1.98
                            after:  cache_hit 0.044, cache_miss 1.32, output 3.96

                        """))
        let unknown = try run("show", "--book", "nothing")
        #expect(unknown.exitCode == 65 && unknown.errors.contains("no price book nothing; it has small, deepseek-usd"))
    }

    // MARK: next-change

    @Test func nextChangeOfAFile() throws {
        let book = "\(Self.books)/google-usd.yaml"
        #expect(
            try taximeter("next-change", "--price-book", book, "--after", "2026-11-01T00:00:00Z", "--count", "5")
                == .init(
                    exitCode: 0,
                    output: """
                        2027-01-01T00:00:00Z
                          gemini-3.6-flash: version from 2026-10-14T00:00:00Z ends, version from 2027-01-01T00:00:00Z begins
                            before: cache_hit 0.075, cache_miss 0.75, output 3.75
                            after:  cache_hit 0.15, cache_miss 1.5, output 7.5

                        """))
        #expect(
            try taximeter("next-change", "--price-book", book, "--after", "2027-01-01T00:00:00Z")
                == .init(exitCode: 0, output: "google-usd: nothing changes after 2027-01-01T00:00:00Z\n"))
        let unknown = try taximeter("next-change", "--price-book", book, "--model", "gemini")
        #expect(unknown.exitCode == 64 && unknown.errors.contains("has no model gemini; it has gemini-2.5-pro, "))
        #expect(try taximeter("next-change", "--price-book", book, "--count", "0").exitCode == 64)
        #expect(try taximeter("next-change", "--price-book", book, "--book", "x").exitCode == 64)
        #expect(try taximeter("show", "--price-book", book, "--at", "tomorrow").exitCode == 64)
    }
}
