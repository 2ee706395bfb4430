import Foundation
import Testing

@testable import Taximeter

@Suite struct BatchQuoterTests {
    private static func rater() throws -> PeriodRater {
        PeriodRater(
            Rater(
                book: try book(
                    version: """
                        from: 2025-01-01T00:00:00Z
                        rates: {cache_hit: 0.1, cache_miss: 1, output: 3}
                        multipliers: {batch: 0.5, "a\\"b": 2}
                        schedules: [{name: "n\\u00fcit", time_zone: UTC, from: "22:00", until: "06:00", factor: 0.5}]
                        """, header: "rating_instant: started_at")))
    }

    /// One line in, one line out.
    @Test(
        arguments: [
            (
                #"{"model":"m","started_at":"2025-06-01T12:00:00Z","output_tokens":1}"#,
                #"{"id":null,"amount":"0.000003","currency":"USD","lines":[{"class":"output","tokens":1,"unit_price_per_million":"3","amount":"0.000003","version":"2025-01-01T00:00:00Z","schedule":null,"band":null}]}"#
            ),
            (
                #"{"id":"é\"\u00e9","model":"m","completed_at":"2025-06-01T12:00:00+02:00"}"#,
                #"{"id":"é\"\u00e9","amount":"0","currency":"USD","lines":[]}"#
            ),
            (
                #"{"id":-12,"model":"m","completed_at":"2025-06-01T23:00:00Z","cache_hit_tokens":1000000,"multipliers":["batch","a\"b"]}"#,
                #"{"id":-12,"amount":"0.05","currency":"USD","lines":[{"class":"cache_hit","tokens":1000000,"unit_price_per_million":"0.05","amount":"0.05","version":"2025-01-01T00:00:00Z","schedule":"nüit","band":null}]}"#
            ),
            // The book rates by the start: the end alone stands for it.
            (
                #"{"id":1,"model":"m","started_at":"2025-06-01T21:59:59Z","completed_at":"2025-06-01T22:00:00Z","cache_miss_tokens":1}"#,
                #"{"id":1,"amount":"0.000001","currency":"USD","lines":[{"class":"cache_miss","tokens":1,"unit_price_per_million":"1","amount":"0.000001","version":"2025-01-01T00:00:00Z","schedule":null,"band":null}]}"#
            ),
            (#"{"id":null,"model":"x","completed_at":"2025-06-01T22:00:00Z"}"#, #"{"id":null,"unpriced":"no_tariff"}"#),
            (#"{"id":"a","model":"m","completed_at":"2024-06-01T22:00:00Z"}"#, #"{"id":"a","unpriced":"no_version"}"#),
            (
                #"{"id":"a","model":"m","completed_at":"2025-06-01T22:00:00Z","cache_write_tokens":1}"#,
                #"{"id":"a","unpriced":"no_rate_cache_write"}"#
            ),
            (
                #"{"id":"a","model":"m"}"#,
                #"{"id":"a","error":"line 1: missing_field: started_at; expected a value: the field is required"}"#
            ),
            (
                #"{"id":"a","model":"m","started_at":"2025-06-01T22:00:00Z","completed_at":"2025-06-01T21:00:00Z"}"#,
                #"{"id":"a","error":"line 1: out_of_range: started_at is \"2025-06-01T22:00:00Z\"; expected an instant that is not after completed_at, 2025-06-01T21:00:00Z"}"#
            ),
            (
                #"{"id":"a","model":"m","completed_at":"2025-06-01T22:00:00Z","output_tokens":-1}"#,
                #"{"id":"a","error":"line 1: out_of_range: output_tokens is \"-1\"; expected 0 to 1000000000000000"}"#
            ),
            (
                #"{"id":"a","model":"m","completed_at":"2025-06-01T22:00:00Z","output_tokens":1.5}"#,
                #"{"id":"a","error":"line 1: invalid_value: output_tokens is \"1.5\"; expected a whole number in digits"}"#
            ),
            (
                #"{"id":007,"model":"m"}"#,
                #"{"id":null,"error":"line 1: invalid_value: \"id\" is \"007\"; expected a text in quotes or a whole number"}"#
            ),
            (
                #"{"id":"a","model":"m","completed_at":"2025-06-01T22:00:00Z","multipliers":"batch"}"#,
                #"{"id":"a","error":"line 1: invalid_value: \"multipliers\" is \"\\\"batch\\\"\"; expected a list of texts in quotes"}"#
            ),
            (#"[1]"#, #"{"id":null,"error":"line 1: malformed: the row; expected one JSON object a line"}"#),
        ] as [(String, String)])
    func quotes(_ line: String, _ result: String) throws {
        #expect(quote(line, try Self.rater()) == result + "\n")
    }

    @Test func eachLineIsAnsweredInOrderWhateverTheChunks() throws {
        let rater = try Self.rater()
        let lines = (0..<50).map { index in
            index % 7 == 3
                ? "{\"id\":\(index),,}"
                : #"{"id":\#(index),"model":"m","completed_at":"2025-06-01T12:00:00Z","output_tokens":\#(index)}"#
        }
        let text = lines.joined(separator: "\n")
        let whole = quote(text, rater)
        let ids = whole.split(separator: "\n").map { $0.dropFirst(6).prefix { $0.isNumber } }
        #expect(ids.map(String.init) == (0..<50).map(String.init))
        for chunk in [1, 7, 100] { #expect(quote(text, rater, chunk: chunk) == whole) }
        var quoter = BatchQuoter(rater)
        quoter.feed(Array(text.utf8))
        quoter.finish()
        var output: [UInt8] = []
        quoter.quote(into: &output)
        #expect(quoter.counts == .init(priced: 43, unpriced: 0, errors: 7))
    }

    /// Every result is JSON, whatever the bytes of the case.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func resultsAreJSON(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let rater = try Self.rater()
        let valid =
            #"{"id":"é\u0041","model":"m","completed_at":"2025-06-01T12:00:00Z","output_tokens":12,"multipliers":["batch"]}"#
        for _ in 0..<300 {
            var bytes = Array(valid.utf8)
            for _ in 0..<dice.whole(1...3) {
                bytes[dice.whole(0...bytes.count - 1)] = UInt8(dice.whole(0...255))
            }
            var quoter = BatchQuoter(rater)
            quoter.feed(bytes)
            quoter.finish()
            var output: [UInt8] = []
            quoter.quote(into: &output)
            for line in output.split(separator: UInt8(ascii: "\n")) {
                #expect(throws: Never.self, "\(dice): \(String(decoding: line, as: UTF8.self))") {
                    try JSONSerialization.jsonObject(with: Data(line))
                }
            }
        }
    }

    /// Exact decimals, whatever the number.
    @Test func decimalsAreExact() throws {
        var dice = Dice(seed: 5)
        for _ in 0..<2_000 {
            let shift = Int128(dice.whole(0...120))
            let units = Int128.max >> shift - Int128(dice.whole(0...999_999) as Int64)
            for (value, decimals) in [(units, 18), (-units, 18), (units, 12), (units, 0), (0, 18)] {
                var bytes: [UInt8] = []
                bytes.append(decimal: value, decimals: decimals)
                #expect(String(decoding: bytes, as: UTF8.self) == DecimalText.text(value, decimals: decimals))
            }
        }
    }
}
