import Testing

@testable import Taximeter

/// What is wrong with a file as a whole, its names and its calendars.
@Suite struct BookDiagnosticTests {
    @Test(arguments: [
        DiagnosticCase(
            "empty",
            file: #"""

                """#,
            #"""
            1:1: found an empty document; expected a mapping
            """#),
        DiagnosticCase(
            "not a mapping",
            file: #"""
                [1, 2]
                """#,
            #"""
            1:1: found a list; expected a mapping with price_book, currency, rating_instant, reference, terms, channels, calendars, tariffs
            """#),
        DiagnosticCase(
            "syntax",
            file: #"""
                price_book: [a
                """#,
            #"""
            2:1: found a syntax error (did not find expected ',' or ']'); expected YAML or JSON
            """#),
        DiagnosticCase(
            "two documents",
            file: #"""
                a: 1
                ---
                b: 2
                """#,
            #"""
            2:1: found a syntax error (but found another document); expected YAML or JSON
            """#),
        DiagnosticCase(
            "book keys",
            file: #"""
                pricebook: b
                currency: usd
                rating_instant: complete_at
                extra: 1
                """#,
            #"""
            1:1: found the key "pricebook"; expected one of price_book, currency, rating_instant, reference, terms, channels, calendars, tariffs (did you mean "price_book"?)
            1:1: price_book: found nothing; expected the book's name
            1:1: tariffs: found nothing; expected a list of tariffs
            2:11: currency: found "usd"; expected a currency code of ISO 4217, such as USD
            3:17: rating_instant: found "complete_at"; expected started_at or completed_at (did you mean "completed_at"?)
            4:1: found the key "extra"; expected one of price_book, currency, rating_instant, reference, terms, channels, calendars, tariffs
            """#),
        DiagnosticCase(
            "duplicate keys",
            file: #"""
                price_book: b
                price_book: c
                currency: USD
                tariffs:
                  - {model: m, model: n, versions: []}
                """#,
            #"""
            1:1: price_book: found the key "price_book" twice; expected it once
            5:6: model: found the key "model" twice; expected it once
            5:36: tariffs[0].versions: found no version; expected at least one
            """#),
        DiagnosticCase(
            "anchors and tags",
            file: #"""
                price_book: &a b
                currency: !!str USD
                tariffs: *a
                """#,
            #"""
            1:13: price_book: found an anchor or alias; expected the value written out
            1:13: tariffs: found an anchor or alias; expected the value written out
            """#),
        DiagnosticCase(
            "complex key",
            file: #"""
                price_book: b
                currency: USD
                ? [a]
                : 1
                tariffs: []
                """#,
            #"""
            3:3: found a key that is not text; expected a name
            """#),
        DiagnosticCase(
            "names",
            file: #"""
                price_book: ''
                currency: USD
                reference: n
                tariffs:
                  - {model: m, versions: 1}
                """#,
            #"""
            1:13: price_book: found nothing; expected a name of 1 to 255 bytes, without NUL
            3:12: reference: found the model n; expected a model of this book
            5:26: tariffs[0].versions: found "1"; expected a list of versions
            """#),
        DiagnosticCase(
            "second tariff",
            file: #"""
                price_book: b
                currency: USD
                tariffs:
                  - model: m
                    versions:
                      - {from: 2025-01-01T00:00:00Z, rates: {output: 1}}
                  - {model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 1}}]}
                """#,
            #"""
            7:5: tariffs[1]: found a second tariff for m; expected one tariff a model
            """#),
        DiagnosticCase(
            "aliases",
            file: #"""
                price_book: b
                currency: USD
                tariffs:
                  - model: m
                    versions:
                      - {from: 2025-01-01T00:00:00Z, rates: {output: 1}}
                    aliases: [a, m, {name: a, from: 2025-01-01T00:00:00Z}, {name: c, from: 2025-01-01T00:00:00Z, until: 2024-01-01T00:00:00Z}, {nam: d}]
                """#,
            #"""
            7:18: tariffs[0].aliases[1]: found the alias m from 0001-01-01T00:00:00Z, when the name is taken; expected one meaning of a name at a time
            7:21: tariffs[0].aliases[2]: found the alias a from 2025-01-01T00:00:00Z, when the name is taken; expected one meaning of a name at a time
            7:60: tariffs[0].aliases[3]: found an end at 2024-01-01T00:00:00Z; expected an end after the start at 2025-01-01T00:00:00Z
            7:128: tariffs[0].aliases[4].name: found nothing; expected the other name
            7:129: tariffs[0].aliases[4]: found the key "nam"; expected one of name, from, until (did you mean "name"?)
            """#),
        DiagnosticCase(
            "reference misspelt",
            file: #"""
                price_book: b
                currency: USD
                reference: reasonr
                tariffs:
                  - model: reasoner
                    versions:
                      - {from: 2025-01-01T00:00:00Z, rates: {output: 1}}
                """#,
            #"""
            3:12: reference: found the model reasonr; expected a model of this book (did you mean "reasoner"?)
            """#),
        DiagnosticCase(
            "channels",
            file: #"""
                price_book: b
                currency: USD
                channels: {web: fre, '': free}
                tariffs:
                  - model: m
                    versions:
                      - {from: 2025-01-01T00:00:00Z, rates: {output: 1}}
                """#,
            #"""
            3:17: channels.web: found "fre"; expected free or listed (did you mean "free"?)
            3:22: channels: found nothing; expected a name of 1 to 255 bytes, without NUL
            """#),
        DiagnosticCase(
            "calendars",
            file: #"""
                price_book: b
                currency: USD
                calendars: {a: {2026-13-01: sunday, 2026-01-02..2026-01-01: monday, 2026-01-01: funday}, b: {2026-01-01..2026-01-03: sunday, 2026-01-02: monday}}
                tariffs:
                  - model: m
                    versions:
                      - {from: 2025-01-01T00:00:00Z, rates: {output: 1}}
                """#,
            #"""
            3:17: calendars.a: found "2026-13-01"; expected a date such as 2026-10-01, or first..last
            3:37: calendars.a: found "2026-01-02..2026-01-01"; expected a last date that is not before the first
            3:81: calendars.a.2026-01-01: found "funday"; expected monday or tuesday or wednesday or thursday or friday or saturday or sunday (did you mean "sunday"?)
            3:93: calendars.b: found a date that is listed twice; expected each date once
            """#),
        DiagnosticCase(
            "unwell names",
            file: #"""
                price_book: "a\u0000"
                currency: USD
                reference: "two\nlines"
                tariffs: []
                """#,
            #"""
            1:13: price_book: found "a\u{0}"; expected a name of 1 to 255 bytes, without NUL
            3:12: reference: found the model two\u{a}lines; expected a model of this book
            """#),
    ])
    func reports(_ each: DiagnosticCase) { each.check() }
}
