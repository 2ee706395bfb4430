import Foundation
import TestKit
import Testing

/// `taximeter quote` as a user runs it, without a database.
@Suite struct QuoteCommandTests {
    private static let deepseek = Fixtures.folder.appending(path: "price-books/deepseek-usd.yaml").path

    private func quote(_ arguments: String..., input: String = "") throws -> CommandLineTool.Result {
        try CommandLineTool.run(["quote"] + arguments, environment: [:], input: input)
    }

    @Test func aRequestForPeople() throws {
        let result = try quote(
            "--price-book", Self.deepseek, "--model", "deepseek-reasoner", "--completed-at", "2025-02-27T17:00:00Z",
            "--cache-hit", "1000000", "--cache-miss", "500000", "--output", "300")
        #expect(result.exitCode == 0 && result.errors == "")
        for part in [
            "model        deepseek-reasoner", "version      from 2025-02-26T00:00:00Z until 2025-09-05T16:00:00Z",
            "schedule     night", "cache_miss    500,000  0.55  0.135        0.275    0.2075    0.0675",
            "list         0.415657 USD", "net          0.102665 USD", "rounded      0.10 USD",
        ] {
            #expect(result.output.contains(part), "\(part)\n\(result.output)")
        }
    }

    /// Scaleway's own example: 0.3 million tokens at 0.15 are 0.045, and an invoice line rounds up to 0.05.
    @Test func termsAreExplained() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-quote-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let book = folder.appending(path: "book.yaml").path
        try Data(
            """
            price_book: b
            currency: EUR
            terms:
              allowances: [{name: free, tokens: 1000000, per: period, order: dearest_first}]
              quantities: {step: 1000}
              rounding: up
            tariffs:
              - model: m
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {cache_miss: 0.15, output: 0.6}
                    tiers: [{name: volume, counter: class, mode: graduated, steps: [{up_to: 5000000}, {factor: 0.5}]}]
            """.utf8
        ).write(to: URL(filePath: book))
        let result = try quote(
            "--price-book", book, "--model", "m", "--started-at", "2025-06-01T00:00:00Z", "--cache-miss", "799901",
            "--output", "500000")
        #expect(result.exitCode == 0)
        for part in [
            "cache_miss  500,000", "allowance free", "charged as 300,000 tokens", "net          0.045 EUR",
            "rounded      0.05 EUR",
        ] {
            #expect(result.output.contains(part), "\(part)\n\(result.output)")
        }
        let counted = try quote(
            "--price-book", book, "--model", "m", "--completed-at", "2025-06-01T00:00:00Z", "--output", "2000000",
            "--counted", "4500000", "--json")
        #expect(counted.output.contains(#""tier":"volume","step":1,"allowance":"free""#))
        #expect(counted.output.contains(#""unit_price_per_million":"0.3","amount":"0.3""#), "\(counted.output)")
    }

    @Test func batches() throws {
        let cases = """
            {"id":"a","model":"deepseek-chat","completed_at":"2025-02-27T17:00:00Z","output_tokens":1000000}
            {"id":"b","model":"deepseek-chat","completed_at":"1999-02-27T17:00:00Z","output_tokens":1}

            """
        let result = try quote("--price-book", Self.deepseek, "--batch", "-", input: cases)
        #expect(result.exitCode == 0)
        #expect(result.output.hasPrefix(#"{"id":"a","amount":"0.55","currency":"USD""#))
        #expect(result.output.hasSuffix(#"{"id":"b","unpriced":"no_version"}"# + "\n"))
        #expect(result.errors == "taximeter: 1 priced, 1 without a price, 0 no case\n")
        let broken = try quote("--price-book", Self.deepseek, "--batch", "-", input: "{\n" + cases)
        #expect(broken.exitCode == 65 && broken.output.split(separator: "\n").count == 3)
    }

    @Test(
        arguments: [
            (["--price-book", deepseek], 64, "Error: give --model, or --batch with a file of cases"),
            (["--price-book", deepseek, "--model", "m", "--batch", "x"], 64, "Error: give --model, or --batch"),
            (["--price-book", "-", "--batch", "-"], 64, "Error: only one of --price-book and --batch"),
            (["--price-book", deepseek, "--model", "m", "--output=-1"], 64, "Error: token counts must be from 0"),
            (
                ["--price-book", deepseek, "--model", "m", "--completed-at", "yesterday"], 64,
                "Error: The value 'yesterday'"
            ),
            (["--price-book", deepseek, "--model", ""], 64, "Error: --model is empty"),
            (
                ["--price-book", deepseek, "--batch", "/nonexistent"], 74,
                "taximeter: /nonexistent: there is no such file"
            ),
            (["--price-book", "/nonexistent", "--model", "m"], 74, "taximeter: /nonexistent: cannot be read"),
        ] as [([String], Int32, String)])
    func mistakes(_ arguments: [String], _ code: Int32, _ message: String) throws {
        let result = try CommandLineTool.run(["quote"] + arguments, environment: [:], input: "")
        #expect(result.exitCode == code, "\(result)")
        #expect(result.errors.hasPrefix(message), "\(result.errors)")
    }

    @Test func noPriceIsNoSuccess() throws {
        let result = try quote(
            "--price-book", Self.deepseek, "--model", "gpt-2", "--completed-at", "2025-02-27T17:00:00Z", "--output", "1"
        )
        #expect(result.exitCode == 65 && result.output == "no price: no_tariff (gpt-2 at 2025-02-27T17:00:00Z)\n")
    }
}
