import Testing

@testable import Taximeter

/// Every way in which a line of JSON is refused, and those in which it is not.
@Suite struct JSONLinesTests {
    private static let good =
        #"{"account":"a","request_id":"good","model":"m","completed_at":"2025-02-27T16:30:00Z","output_tokens":1}"#

    /// A row that is right but for one member, or with more members.
    private static func row(_ member: String, without left: String = "") -> String {
        let members = [
            ("account", #""a""#), ("request_id", #""r""#), ("model", #""m""#),
            ("completed_at", #""2025-02-27T16:30:00Z""#), ("output_tokens", "1"),
        ]
        let kept = members.filter { $0.0 != left }.map { "\"\($0.0)\":\($0.1)" }
        return "{" + (kept + (member.isEmpty ? [] : [member])).joined(separator: ",") + "}"
    }

    private static let fieldList = """
        account, request_id, model, channel, service_tier, started_at, completed_at, cache_hit_tokens, \
        cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, requests, reverses
        """

    private static let refused: [(row: String, reason: String)] = [
        // One object a line.
        ("[]", "malformed: the row; expected one JSON object a line"),
        ("   ", "malformed: the row; expected one JSON object a line"),
        ("{", "malformed: the row; expected a member's name in quotes"),
        ("{account:1}", "malformed: the row; expected a member's name in quotes"),
        (#"{"account":"a",}"#, "malformed: the row; expected a member's name in quotes"),
        (#"{"account" "a"}"#, "malformed: the row; expected a :"),
        (#"{"account":"a""#, "malformed: the row; expected the object to be closed with }"),
        (#"{"account":"a" "model":"m"}"#, "malformed: the row; expected a comma or } between members"),
        (#"{"account":"a"} {}"#, "malformed: the row; expected nothing behind the object"),
        (#"{"account":"a"#, "malformed: the row; expected the string to be closed with a quote"),
        ("{\"account\":\"a\tb\"}", "malformed: the row; expected no control character inside a string"),
        (#"{"account":"\"#, "malformed: the row; expected an escape behind the backslash"),
        (#"{"account":"\x41"}"#, "malformed: the row; expected an escape of JSON behind the backslash"),
        (#"{"account":"\u00g0"}"#, #"malformed: the row; expected four hexadecimal digits behind \u"#),
        (#"{"account":"\u00"#, #"malformed: the row; expected four hexadecimal digits behind \u"#),
        (#"{"account":"\ud83d"}"#, "malformed: the row; expected both halves of a surrogate pair"),
        (#"{"account":"\ude00"}"#, "malformed: the row; expected both halves of a surrogate pair"),
        (#"{"account":"\ud83d\u0041"}"#, "malformed: the row; expected the second half of a surrogate pair"),
        // Fields.
        (
            row(#""output_token":2"#),
            "unknown_field: \"output_token\"; expected one of \(fieldList); did you mean output_tokens?"
        ),
        (row(#""zzz":2"#), "unknown_field: \"zzz\"; expected one of \(fieldList)"),
        (row(#""\u001b":2"#), "unknown_field: \"\\u{1B}\"; expected one of \(fieldList)"),
        (row(#""model":"m""#), "duplicate_field: model; expected the field once"),
        (row(#""channel":null,"channel":"api""#), "duplicate_field: channel; expected the field once"),
        (row("", without: "account"), "missing_field: account; expected a value: the field is required"),
        (
            row(#""request_id":"""#, without: "request_id"),
            "missing_field: request_id; expected a value: the field is required"
        ),
        (row(#""model":null"#, without: "model"), "missing_field: model; expected a value: the field is required"),
        (row("", without: "completed_at"), "missing_field: completed_at; expected a value: the field is required"),
        (row("", without: "output_tokens"), "no_token_field: the row; expected at least one field that counts tokens"),
        ("{}", "missing_field: account; expected a value: the field is required"),
        // Values.
        (row(#""account":7"#, without: "account"), #"invalid_value: account is "7"; expected a text in quotes"#),
        (row(#""account":true"#, without: "account"), #"invalid_value: account is "true"; expected a text in quotes"#),
        (row(#""channel":["api"]"#), #"invalid_value: channel is "[\"api\"]"; expected a text in quotes"#),
        (row(#""requests":"1""#), #"invalid_value: requests is "\"1\""; expected a whole number, without quotes"#),
        (row(#""requests":"#), #"invalid_value: requests is ""; expected a whole number, without quotes"#),
        (row(#""requests":1.0"#), #"invalid_value: requests is "1.0"; expected a whole number in digits"#),
        (row(#""requests":1e3"#), #"invalid_value: requests is "1e3"; expected a whole number in digits"#),
        (row(#""requests":+1"#), #"invalid_value: requests is "+1"; expected a whole number in digits"#),
        (row(#""requests":-"#), #"invalid_value: requests is "-"; expected a whole number in digits"#),
        (row(#""requests":NaN"#), #"invalid_value: requests is "NaN"; expected a whole number in digits"#),
        (row(#""requests":{"a":1"#), #"invalid_value: requests is "{\"a\":1"; expected a whole number in digits"#),
        (
            row(#""started_at":"2025-02-27T16:30:00""#),
            """
            invalid_value: started_at is "2025-02-27T16:30:00"; expected an RFC 3339 instant with its offset, such as \
            2025-02-27T16:30:00Z
            """
        ),
        (
            row(#""account":"\#(String(repeating: "x", count: 256))""#, without: "account"),
            "invalid_value: account is \"\(String(repeating: "x", count: 80))\"; expected 1 to 255 bytes"
        ),
        // Limits.
        (row(#""requests":0"#), #"out_of_range: requests is "0"; expected 1 to 1000000000000 requests"#),
        (
            row(#""cache_hit_tokens":-1"#),
            #"out_of_range: cache_hit_tokens is "-1"; expected 0 to 1000000000000000 tokens"#
        ),
        (
            row(#""cache_hit_tokens":9223372036854775807"#),
            #"out_of_range: cache_hit_tokens is "9223372036854775807"; expected 0 to 1000000000000000 tokens"#
        ),
        (
            row(#""cache_hit_tokens":9223372036854775808"#),
            #"out_of_range: cache_hit_tokens is "9223372036854775808"; expected a number that fits in 64 bits"#
        ),
        (
            row(#""started_at":"2025-02-27T16:30:00.000001Z""#),
            """
            out_of_range: started_at is "2025-02-27T16:30:00.000001Z"; expected an instant not after completed_at \
            (2025-02-27T16:30:00Z)
            """
        ),
        // Text.
        ("{\"account\":\"a\0b\"}", "contains_nul: the row; expected no NUL byte"),
        (#"{"account":"a\u0000b"}"#, "contains_nul: the row; expected no NUL byte"),
    ]

    /// Between two good rows, so that a fault neither spreads nor moves the count of lines.
    @Test(arguments: refused)
    func refuses(_ row: String, _ reason: String) {
        let file = ReadEvents("\(Self.good)\n\(row)\n\(Self.good)\n", .jsonLines)
        #expect(file.summary == ["1 good", "2 \(reason)", "3 good"])
        #expect(file.rejects.first?.text == row)
        #expect(file.rejects.first?.isCut == false)
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let bytes = Array("{\"account\":\"".utf8) + [0xC3, 0x28] + Array("\"}\n\(Self.good)".utf8)
        let file = ReadEvents(bytes, .jsonLines)
        #expect(file.summary == ["1 invalid_utf8: the row; expected UTF-8; it ends at byte 13 of the row", "2 good"])
        #expect(file.rejects.first?.text == "{\"account\":\"\u{FFFD}(\"}")
    }

    private static let accepted: [(row: String, change: @Sendable (inout Expected) -> Void)] = [
        (row(""), { _ in }),
        (" \t{ " + row(#""channel" : "web" "#).dropFirst() + " \r", { $0.channel = "web" }),
        (row(#""service_tier":"batch""#), { $0.tier = "batch" }),
        (row(#""channel":null,"service_tier":"","cache_hit_tokens":null,"requests":null"#), { _ in }),
        (row(#""cache_hit_tokens":0"#, without: "output_tokens"), { $0.tokens = TokenCounts() }),
        (row(#""cache_write_1h_tokens":007"#), { $0.tokens.cacheWrite1h = 7 }),
        (row(#""requests":1000000000000"#), { $0.requests = 1_000_000_000_000 }),
        (row(#""account":"\"\\\/\b\f\n\r\t""#, without: "account"), { $0.account = "\"\\/\u{8}\u{C}\n\r\t" }),
        (row(#""account":"x\u00e9\u6A21y""#, without: "account"), { $0.account = "x\u{E9}模y" }),
        (row(#""account":"\ud83d\uDE00""#, without: "account"), { $0.account = "😀" }),
        (row(#""\u0061ccount":"b""#, without: "account"), { $0.account = "b" }),
        (row(#""account":"}{,\"]""#, without: "account"), { $0.account = "}{,\"]" }),
        (row(#""started_at":"2025-02-28T00:29:59+08:00""#), { $0.started -= 1_000_000 }),
    ]

    struct Expected {
        var account = "a"
        var channel = "api"
        var tier = "standard"
        var started: Int64 = 1_740_673_800_000_000
        var tokens = TokenCounts(output: 1)
        var requests: Int64 = 1
    }

    @Test(arguments: accepted.indices)
    func accepts(_ index: Int) throws {
        let (row, change) = Self.accepted[index]
        var expected = Expected()
        change(&expected)
        let file = ReadEvents(row, .jsonLines)
        #expect(file.summary == ["1 r"])
        let event = try UsageEvent(
            account: Identifier(expected.account), model: Identifier("m"), channel: Identifier(expected.channel),
            serviceTier: Identifier(expected.tier), requestID: Identifier("r"),
            startedAt: Instant(unchecked: expected.started), completedAt: Instant(unchecked: 1_740_673_800_000_000),
            tokens: expected.tokens, requests: expected.requests)
        #expect(file.events == [event])
    }
}
