import Testing

@testable import Taximeter

/// Rows that undo an event.
@Suite struct ReversalRowTests {
    private static let expected = "expected account and reverses alone: what replaces the event is a row of its own"

    @Test(arguments: [
        (#"{"account":"a","reverses":"r"}"#, "1 reverses a r"),
        (#"{"reverses":"r","account":"a","model":null,"request_id":""}"#, "1 reverses a r"),
        (
            #"{"account":"a","reverses":"r","request_id":"s"}"#,
            #"1 unexpected_field: request_id is "s"; "# + expected
        ),
        (
            #"{"account":"a","reverses":"r","output_tokens":0}"#,
            #"1 unexpected_field: output_tokens is "0"; "# + expected
        ),
        (#"{"reverses":"r"}"#, "1 missing_field: account; expected a value: the field is required"),
        (#"{"account":"a","reverses":7}"#, #"1 invalid_value: reverses is "7"; expected a text in quotes"#),
        (#"{"account":"a","reverses":""}"#, "1 missing_field: request_id; expected a value: the field is required"),
    ])
    func ofJSONLines(line: String, summary: String) {
        expectRows(line, .jsonLines, [summary])
    }

    @Test func ofACSVAmongEvents() {
        let header = "account,request_id,model,completed_at,output_tokens,reverses"
        expectRows(
            "\(header)\na,r,m,2025-02-27T16:30:00Z,5,\na,,,,,r\n,,,,,r\na,s,,,,r\n", .csv,
            [
                "2 r", "3 reverses a r", "4 missing_field: account; expected a value: the field is required",
                #"5 unexpected_field: request_id is "s"; "# + Self.expected,
            ])
    }

    @Test func ofACSVThatHasNothingElse() {
        expectRows(
            "reverses,account\nr,a\n,a\n", .csv,
            ["2 reverses a r", "3 missing_field: request_id; expected a value: the field is required"])
        expectRows(
            "reverses,model\nr,m\n", .csv,
            ["header 1 missing_field: account; expected a column of that name: the field is required"])
    }

    /// The other columns of a reversal mean what they like.
    @Test func ofAMapping() throws {
        let mapping = try EventMapping.parse(
            """
            fields:
              account: team
              request_id: id
              model: {by: engine, values: {v3: deepseek-chat}}
              completed_at: at
              output_tokens: generated
              reverses: cancels

            """, file: "m.yaml")
        expectRows(
            "team,id,engine,at,generated,cancels\na,r,v3,2025-02-27T16:30:00Z,5,\na,x,refund,soon,-5,r\n",
            .mapped(mapping), ["2 r", "3 reverses a r"])
    }
}
