import Testing

@testable import Taximeter

/// What a mapping makes of a row.
@Suite struct MappedRowTests {
    /// A mapping with these lines instead of its own for the fields that they name.
    private static func mapping(_ lines: [String], _ top: String = "") throws -> EventMapping {
        var fields = [
            ("account", "a"), ("request_id", "r"), ("model", "m"), ("completed_at", "t"), ("output_tokens", "o"),
        ]
        for line in lines {
            let name = String(line.prefix { $0 != ":" })
            let value = String(line.dropFirst(name.count + 2))
            fields.removeAll { $0.0 == name }
            if !value.isEmpty { fields.append((name, value)) }
        }
        return try EventMapping.parse(
            top + "\nfields:\n" + fields.map { "  \($0.0): \($0.1)" }.joined(separator: "\n"), file: "m.yaml")
    }

    private static let header = "a,r,m,t,o,x,y"

    private static func read(_ row: String, _ lines: [String], _ top: String = "") throws -> ReadEvents {
        ReadEvents("\(header)\n\(row)\n", .mapped(try mapping(lines, top)))
    }

    private static let texts: [(line: String, x: String, y: String, channel: String)] = [
        ("channel: x", "web", "", "web"),
        ("channel: x", "", "", "api"),
        ("channel: {column: x}", "web", "", "web"),
        ("channel: {column: x, if_empty: y}", "", "app", "app"),
        ("channel: {column: x, if_empty: {column: y, if_empty: {constant: c}}}", "", "", "c"),
        ("channel: {constant: batch}", "web", "", "batch"),
        ("channel: {line: trace}", "", "", "trace:2"),
        ("channel: {by: x, values: {w: web, \"\": none}}", "w", "", "web"),
        ("channel: {by: x, values: {w: web, \"\": none}}", "", "", "none"),
        ("channel: {by: x, values: {w: web}, otherwise: other}", "v", "", "other"),
        ("channel: {join: [x, y]}", "a", "b", "a:b"),
        ("channel: {join: [x, {constant: k}, y], separator: \"-\"}", "a", "", "a-k-"),
        ("channel: {join: [x, y]}", "a:b", "c", "a%3Ab:c"),
        ("channel: {join: [x, y]}", "a", "b:c", "a:b%3Ac"),
        ("channel: {join: [x, y]}", "a%3Ab", "c", "a%253Ab:c"),
        ("channel: {join: [x, {line: trace}]}", "host", "", "host:trace:2"),
        ("channel: {join: [x, {by: y, values: {b: B}}], separator: /}", "a", "b", "a/B"),
        ("channel: x", #""say ""hi"", you""#, "", "say \"hi\", you"),
    ]

    @Test(arguments: texts)
    func takesTexts(_ line: String, _ x: String, _ y: String, _ channel: String) throws {
        let row = "acme,r1,gpt,2025-02-27T16:30:00Z,7,\(x),\(y)"
        let read = try Self.read(row, [line])
        #expect(read.summary == ["2 r1"])
        #expect(read.events.map(\.channel.text) == [channel])
    }

    private static let times: [(lines: [String], x: String, y: String, started: String, completed: String)] = [
        (["completed_at: x"], "2025-02-28T00:30:00+08:00", "", "2025-02-27T16:30:00Z", "2025-02-27T16:30:00Z"),
        (
            ["completed_at: {column: x, unit: rfc3339}"], "2025-02-27T16:30:00Z", "", "2025-02-27T16:30:00Z",
            "2025-02-27T16:30:00Z"
        ),
        (["completed_at: {column: x, unit: seconds}"], "1", "", "1970-01-01T00:00:01Z", "1970-01-01T00:00:01Z"),
        (
            ["completed_at: {column: x, unit: milliseconds}"], "1", "", "1970-01-01T00:00:00.001000Z",
            "1970-01-01T00:00:00.001000Z"
        ),
        (
            ["completed_at: {column: x, unit: microseconds}"], "1", "", "1970-01-01T00:00:00.000001Z",
            "1970-01-01T00:00:00.000001Z"
        ),
        (
            ["completed_at: {column: x, unit: nanoseconds}"], "1999", "", "1970-01-01T00:00:00.000001Z",
            "1970-01-01T00:00:00.000001Z"
        ),
        (
            ["completed_at: {column: x, unit: seconds, origin: \"2025-03-01T08:00:00+08:00\"}"], "-60", "",
            "2025-02-28T23:59:00Z", "2025-02-28T23:59:00Z"
        ),
        (
            ["completed_at: {column: x, unit: seconds, origin: {column: y}}"], "60", "2025-03-01T00:00:00Z",
            "2025-03-01T00:01:00Z", "2025-03-01T00:01:00Z"
        ),
        (
            [
                """
                completed_at: {column: x, unit: seconds, origin: {by: y, values: {k: "2025-03-01T00:00:00Z"}, otherwise: \
                "2026-01-01T00:00:00Z"}}
                """
            ], "0", "k", "2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z"
        ),
        (
            ["completed_at:", "started_at: x", "duration: {column: y, unit: milliseconds}"], "2025-03-01T00:00:00Z",
            "1500", "2025-03-01T00:00:00Z", "2025-03-01T00:00:01.500000Z"
        ),
        (
            ["completed_at: x", "duration: {column: y, unit: seconds}"], "2025-03-01T00:00:00Z", "60",
            "2025-02-28T23:59:00Z", "2025-03-01T00:00:00Z"
        ),
        // Without a duration in the row, or beside both instants, the duration says nothing.
        (
            ["completed_at:", "started_at: x", "duration: {column: y, unit: seconds}"], "2025-03-01T00:00:00Z", "",
            "2025-03-01T00:00:00Z", "2025-03-01T00:00:00Z"
        ),
        (
            ["completed_at: t", "started_at: x", "duration: {column: y, unit: seconds}"], "2025-02-27T16:00:00Z", "1",
            "2025-02-27T16:00:00Z", "2025-02-27T16:30:00Z"
        ),
    ]

    @Test(arguments: times.indices)
    func takesTimes(_ index: Int) throws {
        let (lines, x, y, started, completed) = Self.times[index]
        let read = try Self.read("acme,r1,gpt,2025-02-27T16:30:00Z,7,\(x),\(y)", lines)
        #expect(read.summary == ["2 r1"])
        #expect(read.events.map(\.startedAt.description) == [started])
        #expect(read.events.map(\.completedAt.description) == [completed])
    }

    private static let input = ["input_tokens: x", "cache_hit_tokens: y"]
    private static let counts: [(includes: String, x: String, y: String, hit: Int64, miss: Int64)] = [
        ("true", "10", "4", 4, 6), ("true", "10", "10", 10, 0), ("true", "10", "0", 0, 10), ("true", "10", "", 0, 10),
        ("false", "10", "4", 4, 10), ("false", "4", "10", 10, 4), ("true", "", "4", 4, 0),
        ("true", "1000000000000000", "1", 1, 999_999_999_999_999),
    ]

    @Test(arguments: counts)
    func tellsHitsFromMisses(_ includes: String, _ x: String, _ y: String, _ hit: Int64, _ miss: Int64) throws {
        let read = try Self.read(
            "acme,r1,gpt,2025-02-27T16:30:00Z,7,\(x),\(y)", Self.input, "input_includes_hits: \(includes)")
        #expect(read.summary == ["2 r1"])
        #expect(read.events.map(\.tokens) == [TokenCounts(cacheHit: hit, cacheMiss: miss, output: 7)])
    }

    private static let refused: [(lines: [String], x: String, y: String, reason: String)] = [
        (
            input, "4", "5",
            #"out_of_range: cache_hit_tokens is "5"; expected at most the input of 4, which includes the hits"#
        ),
        (input, "-1", "0", #"out_of_range: "input_tokens" is "-1"; expected 0 to 1000000000000000 tokens"#),
        (
            input, "9223372036854775807", "-1",
            #"out_of_range: "input_tokens" is "9223372036854775807"; expected 0 to 1000000000000000 tokens"#
        ),
        (input, "5", "-1", #"out_of_range: cache_hit_tokens is "-1"; expected 0 to 1000000000000000 tokens"#),
        (input, "ten", "0", #"invalid_value: "input_tokens" is "ten"; expected a whole number in digits"#),
        (["output_tokens: x"], "", "", "no_token_field: the row; expected at least one field that counts tokens"),
        (["account: x"], "", "", "missing_field: account; expected a value: the field is required"),
        (["completed_at: x"], "", "", "missing_field: completed_at; expected a value: the field is required"),
        (
            ["completed_at: x"], "now", "",
            #"invalid_value: completed_at is "now"; expected an RFC 3339 instant, such as 2025-02-27T16:30:00Z"#
        ),
        (
            ["completed_at: {column: x, unit: seconds, origin: {column: y}}"], "1", "then",
            #"invalid_value: completed_at is "then"; expected an RFC 3339 instant, such as 2025-02-27T16:30:00Z"#
        ),
        (
            ["completed_at: {column: x, unit: seconds}"], "1.5", "",
            #"invalid_value: completed_at is "1.5"; expected a whole number in digits"#
        ),
        (
            ["completed_at: {column: x, unit: seconds}"], "1740673800000", "",
            #"out_of_range: completed_at is "1740673800000"; expected a time in seconds within the years 1 to 9999"#
        ),
        (
            ["completed_at: {column: x, unit: milliseconds}"], "1740673800000000", "",
            #"out_of_range: completed_at is "1740673800000000"; expected a time in milliseconds within the years 1 to 9999"#
        ),
        (
            ["duration: {column: x, unit: seconds}"], "-1", "",
            #"out_of_range: "duration" is "-1"; expected a duration of 0 or more"#
        ),
        (
            ["duration: {column: x, unit: seconds}"], "9223372036854775807", "",
            #"out_of_range: "duration" is "9223372036854775807"; expected a duration of 0 or more"#
        ),
        (
            ["duration: {column: x, unit: seconds}"], "63876357001", "",
            #"out_of_range: "duration" is "63876357001"; expected one that stays within the years 1 to 9999"#
        ),
        (
            ["channel: {by: x, values: {w: web}}"], "v", "",
            #"no_lookup_entry: channel is "v"; expected one of the values that the mapping has for column x"#
        ),
    ]

    @Test(arguments: refused)
    func refuses(_ lines: [String], _ x: String, _ y: String, _ reason: String) throws {
        let row = "acme,r1,gpt,2025-02-27T16:30:00Z,7,\(x),\(y)"
        let read = try Self.read("\(row)\nacme,r2,gpt,2025-02-27T16:30:00Z,,,", lines, "input_includes_hits: true")
        #expect(read.summary.first == "2 \(reason)")
        #expect(read.rows.count == 2)
        #expect(read.rejects.first?.text == row)
    }

    @Test func suggestsTheColumnThatWasMeant() throws {
        let mapping = try Self.mapping(["output_tokens: output_tokens"])
        expectRows(
            "a,r,m,t,output_token\n", .mapped(mapping),
            [
                """
                header 1 missing_field: output_tokens; expected a column of that name, which the mapping uses; did you \
                mean output_token?
                """
            ])
        expectRows(
            "a,r,m,t,tokens\n", .mapped(mapping),
            ["header 1 missing_field: output_tokens; expected a column of that name, which the mapping uses"])
        expectRows(
            "a,r,m,t,output_tokens,a\n", .mapped(mapping),
            ["header 1 duplicate_field: \"a\"; expected each column once"])
    }

    /// A hundred thousand columns: to compare every name with all before it would take hours.
    @Test func readsAVeryWideHeader() throws {
        let wide = (0..<100_000).map { "c\($0)" }.joined(separator: ",")
        expectRows("\(Self.header),\(wide)\n", .mapped(try Self.mapping([])), [])
        expectRows(
            "\(Self.header),\(wide),c7\n", .mapped(try Self.mapping([])),
            ["header 1 duplicate_field: \"c7\"; expected each column once"])
    }
}
