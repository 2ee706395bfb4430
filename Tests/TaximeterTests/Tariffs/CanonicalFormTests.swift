import Testing

@testable import Taximeter

@Suite struct CanonicalFormTests {
    private static let file = """
        price_book: demo
        currency: USD
        rating_instant: started_at
        reference: big
        channels: {web: free, app: free, api: listed}
        calendars:
          cn: {2026-10-01..2026-10-03: sunday, 2026-09-20: monday}
        tariffs:
          - model: big
            aliases: [large, {name: latest, from: 2025-01-01T00:00:00+08:00, until: 2026-01-01T00:00:00Z}]
            source: https://example.com/prices
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {output: 2.190, cache_miss: 3, cache_write: {times_cache_miss: 1.25}}
                bands:
                  - {name: long, input: {over: 200000}, output: {from: 7}, factor: 2}
                schedules:
                  - {name: peak, time_zone: Asia/Shanghai, from: "09:00", until: "12:00", weekdays: [monday..friday],
                     calendar: cn, rates: {output: 4}, bands: {long: {output: 9}}}
                multipliers: {flex: 0.50, batch: {output: 0.5}}
              - from: 2026-01-01T00:00:00Z
                until: 2026-02-01T00:00:00Z
                channels: {}
                source: elsewhere
                rates: {output: 1}
              - from: 2026-03-01T00:00:00Z
                after_gap: true
                rates: {output: 1}
                schedules: [{name: night, time_zone: UTC, from: "22:00:30", until: "00:00", factor: 0.25}]
        """

    /// The stored bytes of three versions: changing them would make every stored version look changed.
    @Test func isSelfContainedAndFixed() throws {
        let versions = try PriceBook.parse(Self.file, file: "demo.yaml").tariffs[0].versions
        #expect(
            versions.map(\.canonicalJSON) == [
                #"{"from":"2025-01-01T00:00:00Z","source":"https://example.com/prices","#
                    + #""channels":{"app":"free","web":"free"},"#
                    + #""rates":{"cache_miss":"3","cache_write":"3.75","output":"2.19"},"#
                    + #""bands":[{"name":"long","input":{"from":200001},"output":{"from":7},"#
                    + #""factors":{"cache_miss":"2","cache_write":"2","output":"2"}}],"#
                    + #""schedules":[{"name":"peak","time_zone":"Asia/Shanghai","from":"09:00","until":"12:00","#
                    + #""weekdays":["monday","tuesday","wednesday","thursday","friday"],"#
                    + #""calendar":{"2026-09-20":"monday","2026-10-01..2026-10-03":"sunday"},"#
                    + #""rates":{"output":"4"},"bands":{"long":{"output":"9"}}}],"#
                    + #""multipliers":{"batch":{"output":"0.5"},"#
                    + #""flex":{"cache_miss":"0.5","cache_write":"0.5","output":"0.5"}}}"#,
                #"{"from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z","source":"elsewhere","channels":{},"#
                    + #""rates":{"output":"1"}}"#,
                #"{"from":"2026-03-01T00:00:00Z","after_gap":true,"source":"https://example.com/prices","#
                    + #""channels":{"app":"free","web":"free"},"rates":{"output":"1"},"#
                    + #""schedules":[{"name":"night","time_zone":"UTC","from":"22:00:30","until":"24:00","#
                    + #""factors":{"output":"0.25"}}]}"#,
            ])
    }

    @Test func comesBackTheSame() throws {
        let book = try PriceBook.parse(Self.file, file: "demo.yaml")
        #expect(try PriceBook(header: book.header, stored: book.storedTariffs) == book)
        #expect(try PriceBook.parse(book.canonicalJSON, file: "again") == book)
        #expect(book.header.ratingInstant == .startedAt && book.reference?.text == "big")
    }

    /// A version's stored form stays the same when another follows it: only where it ends changes.
    @Test func aFollowingVersionChangesNothingBeforeIt() throws {
        let first = "- {from: 2025-01-01T00:00:00Z, rates: {output: 1}}"
        let second = "- {from: 2025-06-01T00:00:00Z, rates: {output: 2}}"
        let head = "price_book: b\ncurrency: USD\ntariffs:\n- model: m\n  versions:\n  "
        let (before, after) = (
            try PriceBook.parse(head + first, file: "f").tariffs[0].versions,
            try PriceBook.parse(head + first + "\n  " + second, file: "f").tariffs[0].versions
        )
        #expect(before[0].canonicalJSON == after[0].canonicalJSON)
        #expect(before[0].effective.until == nil)
        #expect(after[0].effective.until == after[1].effective.from)
    }

    /// Names are opaque bytes: quotes, line breaks of YAML, escapes, composed and decomposed letters, 255 bytes.
    @Test(arguments: [
        "a\"b", "a\\b", "a\nb", "a\u{85}b", "a\u{2028}b\u{2029}", "a\u{FEFF}", "\u{7F}\u{9F}\u{1}", "é", "e\u{301}",
        "📈",
        "- x: {y}", "null", "~", " a ", "'", "\u{E000}\u{F0001}", "\u{FFFD}", "0x10", "<<", "*a", "&a", "!t", "#",
        String(repeating: "好", count: 85),
    ])
    func keepsEveryName(_ text: String) throws {
        let name = try Identifier(text)
        let version = #"{"from":"2025-01-01T00:00:00Z","channels":{},"rates":{"output":"1"}}"#
        let header = PriceBook.Header(name: name, currency: .usd, ratingInstant: .completedAt, reference: name)
        let book = try PriceBook(
            header: header, stored: [StoredTariff(model: name, aliases: [], versions: [version])])
        #expect(book.tariffs[0].model == name && book.header == header)
        #expect(try PriceBook.parse(book.canonicalJSON, file: "again") == book)
    }

    @Test func refusesStoredPartsThatDoNotFit() {
        let header = PriceBook.Header(name: Identifier(unchecked: "b"), currency: .usd, ratingInstant: .completedAt)
        let stored = StoredTariff(model: Identifier(unchecked: "m"), aliases: [], versions: [#"{"from":"2025"}"#])
        #expect(throws: FileErrors.self) { try PriceBook(header: header, stored: [stored]) }
    }
}
