import Testing

@testable import Taximeter

/// A file with mistakes, and all that must be said about it, one diagnostic a line: `line:column: key: found; expected`.
struct DiagnosticCase: Sendable, CustomTestStringConvertible {
    private let name: String
    private let text: String
    private let expected: String

    var testDescription: String { name }

    init(_ name: String, file text: String, _ expected: String) {
        self.name = name
        self.text = text
        self.expected = expected
    }

    /// A file with one tariff `m` in US dollars; the list of its versions starts on line 6, at column 7.
    init(_ name: String, versions: String, _ expected: String) {
        let indented = versions.split(separator: "\n").map { "      " + $0 + "\n" }.joined()
        let head = "price_book: b\ncurrency: USD\ntariffs:\n  - model: m\n    versions:\n"
        self.init(name, file: head + indented, expected)
    }

    func check(
        by read: (String, String) throws -> Any = PriceBook.parse, _ location: SourceLocation = #_sourceLocation
    ) {
        let errors = #expect(throws: FileErrors.self, sourceLocation: location) { try read(text, "f") }
        let lines = expected.split(separator: "\n").map { "f:" + $0 }
        #expect(errors?.diagnostics.map(\.description) == lines, sourceLocation: location)
    }
}

@Suite struct SyntaxDiagnosticTests {
    @Test func controlCharactersAreUnreadable() {
        DiagnosticCase(
            "control character", file: "currency: USD\nprice_book: a\u{1}b\n",
            "2:14: found unreadable text (control characters are not allowed); expected YAML or JSON"
        ).check()
    }

    @Test func depthIsLimited() {
        for (depth, isTooDeep) in [(31, false), (32, true), (900, true)] {
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let errors = #expect(throws: FileErrors.self) {
                try PriceBook.parse("price_book: x\ncurrency: USD\ntariffs:\n - \(nested)", file: "f")
            }
            #expect(errors?.description.contains("levels deep") == isTooDeep)
        }
    }

    @Test func combinationsAreLimited() throws {
        let bands = { (count: Int) in
            (1...count).map { "{name: b\($0), input: {from: \($0)}, factor: 2}" }.joined(separator: ", ")
        }
        let version = { (count: Int) in
            """
            from: 2025-01-01T00:00:00Z
            rates: {output: 1}
            multipliers: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1}
            bands: [\(bands(count))]
            """
        }
        _ = try book(version: version(63))
        let errors = #expect(throws: FileErrors.self) { try book(version: version(64)) }
        #expect(errors?.diagnostics.map(\.expected) == ["at most 16384"])
    }

    /// A doubled key does not hide the mistakes behind it, in whatever style it is written.
    @Test(arguments: ["currency", "'currency'", "\"currency\""])
    func doubledKeysDoNotHideTheRest(_ key: String) {
        DiagnosticCase(
            "doubled", file: "# — €\r\nprice_book: b\r\n\(key): USD\r\ncurrency: USX\r\ntariffs: 1",
            """
            3:1: currency: found the key "currency" twice; expected it once
            4:11: currency: found "USX"; expected a currency code of ISO 4217, such as USD
            5:10: tariffs: found "1"; expected a list of tariffs
            """
        ).check()
    }

    @Test(
        arguments: [
            ("pricebook", ["price_book"], "price_book"), ("modle", ["model", "mode"], "mode"), ("xyz", ["model"], nil),
            ("", ["a"], nil), ("model", ["model"], nil), ("untill", ["from", "until"], "until"),
        ] as [(String, [String], String?)])
    func suggestsWhatIsNear(_ word: String, _ candidates: [String], _ expected: String?) {
        #expect(suggestion(for: word, among: candidates) == expected)
    }
}
