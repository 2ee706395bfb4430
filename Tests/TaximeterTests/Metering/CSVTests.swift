import Testing

@testable import Taximeter

/// CSV in the event format: records, header, and every way in which a record is refused.
@Suite struct CSVTests {
    private static let header = "account,request_id,model,completed_at,output_tokens,channel,requests"
    private static let good = "a,good,m,2025-02-27T16:30:00Z,1,,"

    private static let refused: [(row: String, reason: String)] = [
        // Records.
        ("a,r,m", "field_count: the row is \"3 fields\"; expected 7, as in the header"),
        (good + ",", "field_count: the row is \"8 fields\"; expected 7, as in the header"),
        (" ", "field_count: the row is \"1 fields\"; expected 7, as in the header"),
        (#"a"b,r,m,2025-02-27T16:30:00Z,1,,"#, "malformed: the row; expected no quote inside an unquoted field"),
        (
            #""a"b,r,m,2025-02-27T16:30:00Z,1,,"#,
            "malformed: the row; expected a comma or the line's end behind a closing quote"
        ),
        // Fields, as in JSON lines.
        (",r,m,2025-02-27T16:30:00Z,1,,", "missing_field: account; expected a value: the field is required"),
        (#"a,"",m,2025-02-27T16:30:00Z,1,,"#, "missing_field: request_id; expected a value: the field is required"),
        ("a,r,,2025-02-27T16:30:00Z,1,,", "missing_field: model; expected a value: the field is required"),
        ("a,r,m,,1,,", "missing_field: completed_at; expected a value: the field is required"),
        ("a,r,m,2025-02-27T16:30:00Z,,,", "no_token_field: the row; expected at least one field that counts tokens"),
        (
            "a,r,m,2025-02-27T16:30:00Z, 1,,",
            #"invalid_value: output_tokens is " 1"; expected a whole number in digits"#
        ),
        ("a,r,m,2025-02-27T16:30:00Z,١,,", #"invalid_value: output_tokens is "١"; expected a whole number in digits"#),
        (
            "a,r,m,2025-02-27,1,,",
            """
            invalid_value: completed_at is "2025-02-27"; expected an RFC 3339 instant with its offset, such as \
            2025-02-27T16:30:00Z
            """
        ),
        (
            "a,r,m,2025-02-27T16:30:00Z,1,\(String(repeating: "é", count: 128)),",
            "invalid_value: channel is \"\(String(repeating: "é", count: 40))\"; expected 1 to 255 bytes"
        ),
        (
            "a,r,m,1969-12-31T23:59:59Z,1,,",
            """
            out_of_range: completed_at is "1969-12-31T23:59:59Z"; expected an instant from 1970-01-01T00:00:00Z to \
            2200-01-01T00:00:00Z
            """
        ),
        (
            "a,r,m,2025-02-27T16:30:00Z,1,,1000000000001",
            #"out_of_range: requests is "1000000000001"; expected 1 to 1000000000000 requests"#
        ),
        ("a,\0,m,2025-02-27T16:30:00Z,1,,", "contains_nul: the row; expected no NUL byte"),
    ]

    @Test(arguments: refused)
    func refuses(_ row: String, _ reason: String) {
        let file = ReadEvents("\(Self.header)\n\(Self.good)\n\(row)\n\(Self.good)\n", .csv)
        #expect(file.summary == ["2 good", "3 \(reason)", "4 good"])
        #expect(file.rejects.first?.text == row)
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let bytes = Array("\(Self.header)\na,".utf8) + [0xFF] + Array(",m\n\(Self.good)".utf8)
        let file = ReadEvents(bytes, .csv)
        #expect(file.summary == ["2 invalid_utf8: the row; expected UTF-8; it ends at byte 3 of the row", "3 good"])
    }

    /// The price of newlines in quotes: only the end of the file can say that a quote was never closed.
    @Test func refusesAQuoteThatIsNeverClosed() {
        expectRows(
            "\(Self.header)\n\(Self.good)\n\"a,r,m\n\(Self.good)\n", .csv,
            ["2 good", "3 malformed: the row; expected the quote of a field to be closed"])
    }

    private static let headers: [(header: String, fault: String)] = [
        (
            "account,request_id,modl,completed_at,output_tokens",
            """
            unknown_field: "modl"; expected one of account, request_id, model, channel, service_tier, started_at, \
            completed_at, cache_hit_tokens, cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens, \
            output_tokens, requests, reverses; did you mean model?
            """
        ),
        ("account,model,account", "duplicate_field: account; expected each column once"),
        (
            "request_id,model,completed_at,output_tokens",
            "missing_field: account; expected a column of that name: the field is required"
        ),
        (
            "account,model,completed_at,output_tokens",
            "missing_field: request_id; expected a column of that name: the field is required"
        ),
        (
            "account,request_id,completed_at,output_tokens",
            "missing_field: model; expected a column of that name: the field is required"
        ),
        (
            "account,request_id,model,started_at,output_tokens",
            "missing_field: completed_at; expected a column of that name: the field is required"
        ),
        (
            "account,request_id,model,completed_at,requests",
            "no_token_field: the row; expected at least one column that counts tokens"
        ),
        ("account,\"model\"x", "malformed: the row; expected a comma or the line's end behind a closing quote"),
        ("account,\"model", "malformed: the row; expected the quote of a field to be closed"),
        ("account\0", "contains_nul: the row; expected no NUL byte"),
    ]

    @Test(arguments: headers)
    func refusesAFileForItsHeader(_ header: String, _ fault: String) {
        let body = header.contains("\"model") && !header.contains("x") ? "" : "\na,b,c\nd,e,f\n"
        expectRows(header + body, .csv, ["header 1 \(fault)"])
    }

    @Test func findsTheHeaderBehindBlankLines() {
        expectRows("\n\r\n\(Self.header)\n\n\(Self.good)\n", .csv, ["5 good"])
        expectRows(
            "\n\nx\n", .csv,
            [
                """
                header 3 unknown_field: "x"; expected one of \(EventField.allCases.map(\.name).joined(separator: ", "))
                """
            ])
    }

    /// Quoted fields are taken apart as RFC 4180 has it, and put no limit on what an id may hold.
    @Test(arguments: [
        ("plain", "plain"), (#""quoted""#, "quoted"), (#""a,b""#, "a,b"), (#""a""b""#, "a\"b"), (#""""""#, "\""),
        (#""""a""""#, "\"a\""), ("\"a\nb\"", "a\nb"), ("\"a\r\nb\"", "a\r\nb"), ("\"\n\"", "\n"), (" a ", " a "),
        (#"a\"#, #"a\"#), ("模型😀", "模型😀"), (#""模""型""#, "模\"型"), ("'a'", "'a'"), ("a\rb", "a\rb"),
    ])
    func readsAField(_ written: String, _ value: String) throws {
        let file = ReadEvents("\(Self.header)\na,\(written),m,2025-02-27T16:30:00Z,1,,\n\(Self.good)\n", .csv)
        #expect(file.events.map { Array($0.requestID.text.utf8) } == [value, "good"].map { Array($0.utf8) })
        // Rows that span lines are numbered by their first, and the lines inside count for those behind.
        let newlines = written.utf8.count { $0 == UInt8(ascii: "\n") }
        #expect(file.rows.map(\.line) == [2, 3 + newlines])
    }

    @Test func takesTheDefaultsForEmptyFields() throws {
        let event = try #require(ReadEvents("\(Self.header)\n\(Self.good)", .csv).events.first)
        #expect(event.channel == Identifier(unchecked: "api"))
        #expect(event.serviceTier == Identifier(unchecked: "standard"))
        #expect(event.startedAt == event.completedAt)
        #expect(event.tokens == TokenCounts(output: 1))
        #expect(event.requests == 1)
    }

    @Test func takesColumnsInAnyOrder() throws {
        let columns = Array(EventField.allCases.reversed())
        let values: [EventField: String] = [
            .account: "a", .requestID: "r", .model: "m", .channel: "web", .serviceTier: "batch",
            .startedAt: "2025-02-27T16:29:00Z", .completedAt: "2025-02-27T16:30:00Z", .cacheHitTokens: "1",
            .cacheMissTokens: "2", .cacheWriteTokens: "3", .cacheWrite1hTokens: "4", .outputTokens: "5",
            .requests: "6",
        ]
        let text =
            columns.map { "\"\($0.name)\"" }.joined(separator: ",") + "\r\n"
            + columns.map { values[$0] ?? "" }.joined(separator: ",") + "\r\n"
        let expected = try UsageEvent(
            account: Identifier("a"), model: Identifier("m"), channel: Identifier("web"),
            serviceTier: Identifier("batch"), requestID: Identifier("r"),
            startedAt: Instant(unchecked: 1_740_673_740_000_000),
            completedAt: Instant(unchecked: 1_740_673_800_000_000),
            tokens: TokenCounts(cacheHit: 1, cacheMiss: 2, cacheWrite: 3, cacheWrite1h: 4, output: 5), requests: 6)
        #expect(ReadEvents(text, .csv).events == [expected])
    }
}
