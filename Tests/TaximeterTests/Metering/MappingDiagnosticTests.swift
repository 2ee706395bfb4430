import Testing

@testable import Taximeter

/// Everything that can be wrong in a mapping file, with the line and column at which it is reported.
@Suite struct MappingDiagnosticTests {
    private static let good = """
        fields:
          account: a
          request_id: r
          model: m
          completed_at: t
          output_tokens: o
        """

    private static let keys = """
        account, request_id, model, channel, service_tier, reverses, started_at, completed_at, duration, \
        cache_hit_tokens, cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, requests, input_tokens
        """
    private static let expressionKeys = "column, if_empty, constant, by, values, otherwise, join, separator, line"
    private static let timeKeys = "column, if_empty, constant, by, values, otherwise, unit"

    private static let refused: [(text: String, diagnostics: [String])] = [
        ("", ["1:1: found an empty document; expected a mapping"]),
        ("[]", ["1:1: found a list; expected a mapping with fields, input_includes_hits"]),
        ("{}", ["1:1: fields: found nothing; expected a mapping from event fields to columns"]),
        ("fields: x", ["1:9: fields: found \"x\"; expected a mapping with \(keys)"]),
        (
            good + "\nfield: x",
            [
                "7:1: found the key \"field\"; expected one of fields, input_includes_hits (did you mean \"fields\"?)"
            ]
        ),
        (
            good + "\n  acount: x",
            [
                "7:3: fields: found the key \"acount\"; expected one of \(keys) (did you mean \"account\"?)"
            ]
        ),
        (
            "fields: {}",
            [
                "1:9: fields.account: found nothing; expected where the account comes from",
                "1:9: fields.request_id: found nothing; expected where the request_id comes from",
                "1:9: fields.model: found nothing; expected where the model comes from",
                "1:9: fields.completed_at: found nothing; expected completed_at or started_at",
                "1:9: fields: found no field that counts tokens; expected input_tokens, output_tokens or others",
            ]
        ),
        (
            good + "\n  input_tokens: i\n  cache_hit_tokens: h",
            [
                """
                1:1: input_includes_hits: found nothing; expected true or false: whether input_tokens counts the cache \
                hits too
                """
            ]
        ),
        (
            "input_includes_hits: yes\n" + good,
            [
                "1:22: input_includes_hits: found \"yes\"; expected true or false"
            ]
        ),
        (
            good + "\n  input_tokens: i\n  cache_miss_tokens: h",
            [
                "7:17: fields.input_tokens: found \"i\"; expected either input_tokens or cache_miss_tokens"
            ]
        ),
        // Expressions.
        (good + "\n  channel: []", ["7:12: fields.channel: found a list; expected a mapping with \(expressionKeys)"]),
        (
            good + "\n  channel: {}",
            [
                "7:12: fields.channel: found none of them; expected one of column, constant, by, join, line"
            ]
        ),
        (
            good + "\n  channel: {column: a, constant: b}",
            [
                "7:12: fields.channel: found column and constant; expected one of column, constant, by, join, line"
            ]
        ),
        (
            good + "\n  channel: {colum: a}",
            [
                """
                7:13: fields.channel: found the key "colum"; expected one of \(expressionKeys) (did you mean "column"?)
                """,
                "7:12: fields.channel: found none of them; expected one of column, constant, by, join, line",
            ]
        ),
        (good + "\n  channel: {column: [a]}", ["7:21: fields.channel.column: found a list; expected a text"]),
        (good + "\n  channel: {constant: {}}", ["7:23: fields.channel.constant: found a mapping; expected a text"]),
        (
            good + "\n  channel: {by: a}",
            [
                "7:12: fields.channel.values: found nothing; expected what to take for each value of the column"
            ]
        ),
        (
            good + "\n  channel: {by: a, values: [x]}",
            [
                "7:28: fields.channel.values: found a list; expected a mapping from values to texts"
            ]
        ),
        (
            good + "\n  channel: {by: a, values: {x: []}}",
            [
                "7:32: fields.channel.values.x: found a list; expected a text"
            ]
        ),
        (
            good + "\n  channel: {by: a, values: {x: y}, otherwise: []}",
            [
                "7:47: fields.channel.otherwise: found a list; expected a text"
            ]
        ),
        (
            good + "\n  channel: {join: [a, b], separator: \"\"}",
            ["7:38: fields.channel.separator: found nothing; expected one of : / - _ . , ; | # @ + ~"]
        ),
        (good + "\n  channel: {join: a}", ["7:19: fields.channel.join: found \"a\"; expected a list of columns"]),
        (
            good + "\n  channel: {join: [a, []]}",
            [
                "7:23: fields.channel.join[1]: found a list; expected a mapping with \(expressionKeys)"
            ]
        ),
        (
            good + "\n  channel: {constant: a, otherwise: b}",
            [
                """
                7:37: fields.channel.otherwise: found "b"; expected no otherwise beside constant: it belongs to by
                """
            ]
        ),
        (
            good + "\n  channel: {column: a, separator: b}",
            [
                """
                7:35: fields.channel.separator: found "b"; expected no separator beside column: it belongs to join
                """
            ]
        ),
        (
            good + "\n  channel: {column: a, if_empty: {line: []}}",
            [
                "7:41: fields.channel.if_empty.line: found a list; expected a text"
            ]
        ),
        // Times.
        (
            good + "\n  started_at: {column: a, unit: second}",
            [
                """
                7:33: fields.started_at.unit: found "second"; expected seconds or milliseconds or microseconds or \
                nanoseconds or rfc3339 (did you mean "seconds"?)
                """
            ]
        ),
        (
            good + "\n  started_at: {line: a}",
            [
                "7:16: fields.started_at: found the key \"line\"; expected one of \(timeKeys), origin",
                "7:15: fields.started_at: found none of them; expected one of column, constant, by",
            ]
        ),
        (
            good + "\n  started_at: {column: a, origin: \"2025-03-01T00:00:00Z\"}",
            [
                """
                7:35: fields.started_at.origin: found "2025-03-01T00:00:00Z"; expected a unit beside the origin: what is \
                counted from it
                """
            ]
        ),
        (
            good + "\n  started_at: {column: a, unit: seconds, origin: yesterday}",
            [
                """
                7:50: fields.started_at.origin: found "yesterday"; expected an instant with its offset, such as \
                2025-01-20T00:00:00Z
                """
            ]
        ),
        (good + "\n  duration: d", ["7:13: fields.duration: found \"d\"; expected a mapping with \(timeKeys)"]),
        (
            good + "\n  duration: {column: d}",
            [
                "7:13: fields.duration.unit: found nothing; expected seconds, milliseconds, microseconds or nanoseconds"
            ]
        ),
        (
            good + "\n  duration: {column: d, unit: rfc3339}",
            [
                """
                7:31: fields.duration.unit: found "rfc3339"; expected seconds or milliseconds or microseconds or nanoseconds
                """
            ]
        ),
        (
            good + "\n  duration: {column: d, unit: seconds, origin: o}",
            [
                "7:40: fields.duration: found the key \"origin\"; expected one of \(timeKeys)"
            ]
        ),
        // YAML.
        (good + "\n  account: b", ["2:3: account: found the key \"account\" twice; expected it once"]),
        (
            good + "\n  channel: &x a",
            [
                "7:12: fields.channel: found an anchor or alias; expected the value written out"
            ]
        ),
    ]

    @Test(arguments: refused)
    func refuses(_ text: String, _ diagnostics: [String]) {
        do {
            let mapping = try EventMapping.parse(text, file: "m.yaml")
            Issue.record("accepted: \(mapping)")
        } catch {
            #expect(Set(error.diagnostics.map(\.description)) == Set(diagnostics.map { "m.yaml:\($0)" }))
            #expect(error.diagnostics.count == diagnostics.count)
        }
    }

    @Test func acceptsTheRowThatTheOthersAreChangedFrom() throws {
        let mapping = try EventMapping.parse(Self.good, file: "m.yaml")
        #expect(mapping.columns == ["a", "m", "o", "r", "t"])
    }

    /// All that is wrong is told at once, in the order of the file.
    @Test func tellsEverythingAtOnce() {
        let text = """
            input_includes_hits: perhaps
            fields:
              account: []
              model: {by: m}
              completed_at: {column: t, unit: days}
            """
        do {
            _ = try EventMapping.parse(text, file: "m.yaml")
            Issue.record("accepted")
        } catch {
            #expect(error.diagnostics.map(\.line) == [1, 3, 3, 3, 4, 5])
        }
    }
}
