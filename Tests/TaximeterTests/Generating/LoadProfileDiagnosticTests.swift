import Testing

@testable import Taximeter

/// Every mistake in a profile is told, with line, column and key.
@Suite struct LoadProfileDiagnosticTests {
    private static let head = """
        load_profile: p
        rate: 1
        accounts: {count: 1}
        streams:
          - name: s
            models: m
            output_tokens: 1

        """

    private static let cases: [(String, String)] = [
        (
            "rte: 1\nstreams: []",
            """
            1:1: found the key "rte"; expected one of load_profile, rate, accounts, streams (did you mean "rate"?)
            1:1: load_profile: found nothing; expected the profile's name
            1:1: rate: found nothing; expected events per second, on average over a day
            1:1: accounts: found nothing; expected how many accounts there are
            1:1: streams: found none; expected at least one
            """
        ),
        (
            "load_profile: p\nrate: 0\naccounts: {count: 0, zipf: -1}\nstreams: 5",
            """
            2:7: rate: found "0"; expected a number of 0.000001 to 1000000 with at most 6 decimals
            3:19: accounts.count: found "0"; expected a whole number of 1 to 1000000
            3:28: accounts.zipf: found "-1"; expected a number of 0 to 10 with at most 6 decimals
            4:10: streams: found "5"; expected a list of streams
            """
        ),
        (head, "5:5: streams[0].input_tokens: found nothing; expected how many tokens, and how often"),
        (
            head + "    input_tokens: {quantiles: {1: 1, 100: 2}}",
            """
            8:31: streams[0].input_tokens.quantiles: found quantiles that do not go from 0 to 100; \
            expected those of 0 and 100 at its ends
            """
        ),
        (
            head + "    input_tokens: {quantiles: {0: 9, 50: 8, 100: 10}}",
            """
            8:42: streams[0].input_tokens.quantiles.50: found "8"; \
            expected percentages that increase, with lengths that do not decrease
            """
        ),
        (
            head + "    input_tokens: {histogram: [{from: 5, to: 4, weight: 1}, {from: 1, to: 2, weight: 0}]}",
            "8:32: streams[0].input_tokens.histogram[0].to: found 4; expected 5 or more"
        ),
        (
            head + "    input_tokens: {histogram: [{from: 1, to: 2, weight: 0}]}",
            """
            8:31: streams[0].input_tokens.histogram: found no range that occurs; \
            expected at least one with a weight above zero
            """
        ),
        (
            head + "    input_tokens: 1\n    cache_hit_percent: 101\n    arrivals: {variation: 0, hours: [1, 2]}",
            """
            9:24: streams[0].cache_hit_percent: found "101"; expected a number of 0 to 100 percent
            10:27: streams[0].arrivals.variation: found "0"; expected a number of 0.1 to 100 with at most 6 decimals
            10:37: streams[0].arrivals.hours: found 2 weights; expected 24, from 00:00 UTC on
            """
        ),
        (
            head + "    input_tokens: 1000000001\n    channels: {api: 0}\n  - {name: s, models: m, "
                + "input_tokens: 1, output_tokens: 1}",
            """
            8:19: streams[0].input_tokens: found "1000000001"; expected a whole number of 0 to 1000000000 tokens
            9:15: streams[0].channels: found weights that sum to zero, or too much; expected at least one above zero
            """
        ),
        (
            head + "    input_tokens: 1\n  - {name: s, models: m, input_tokens: 1, output_tokens: 1}",
            "9:5: streams[1].name: found a second stream s; expected each name once"
        ),
    ]

    @Test(arguments: cases)
    func mistakesAreToldWithTheirPlace(_ text: String, _ expected: String) {
        let errors = #expect(throws: FileErrors.self) { try LoadProfile.parse(text, file: "f") }
        #expect(errors?.description == expected.split(separator: "\n").map { "f:" + $0 }.joined(separator: "\n"))
    }

    private static let dataset =
        #"{"0": {"input_tokens": "{5: 0.5, 6: 5e-01}", "output_tokens": "{7: 1.0}", "reason_ratio": "{}"}}"#
    private static func trace(_ rate: String) -> String { "0,\(rate),1.5,Gamma,1,1\n43200,0,0,,0,0\n" }

    private static let serveGenCases: [(String, String, String)] = [
        (trace("-1"), dataset, #"t:1:1: column 2: found "-1"; expected requests per second"#),
        ("0,1,1\n", dataset, "t:1:1: found 3 columns; expected 6: start, rate, variation and three more"),
        (
            "0,1,1,,0,0\n600,1,1,,0,0\n", dataset,
            "t:1:1: found 2 windows from second 0; expected even windows of one day"
        ),
        (trace("0"), dataset, "t:1:1: found no requests; expected at least one client with some"),
        (
            trace("1"), #"{"0": {"input_tokens": "{}", "output_tokens": "{7: 1}"}}"#,
            "d:1:7: 0: found no lengths; expected some: there are requests in this part of the day"
        ),
        (
            trace("1"), #"{"0": {"input_tokens": "{5: x}", "output_tokens": "{7: 1}"}}"#,
            """
            d:1:24: 0.input_tokens: found "{5: x}"; \
            expected a dictionary such as {45: 0.25, 60: 0.75}, lengths of at most 1000000000
            """
        ),
    ]

    @Test(arguments: serveGenCases)
    func serveGenMistakesAreToldWithTheirPlace(_ trace: String, _ dataset: String, _ expected: String) throws {
        let client = ServeGenClient(
            name: try Identifier("c"), trace: .init(name: "t", text: trace), dataset: .init(name: "d", text: dataset))
        let errors = #expect(throws: FileErrors.self) { try LoadProfile.serveGen([client], model: Identifier("m")) }
        #expect(errors?.description.split(separator: "\n").first.map(String.init) == expected)
    }

    @Test func serveGenIsRead() throws {
        let client = ServeGenClient(
            name: try Identifier("c"), trace: .init(name: "t", text: Self.trace("0.5")),
            dataset: .init(name: "d", text: Self.dataset))
        let events = try LoadProfile.serveGen([client], model: Identifier("m")).events()
        #expect(abs(events.count - 21_600) < 900)
        #expect(Set(events.map(\.tokens)) == [.init(cacheMiss: 5, output: 7), .init(cacheMiss: 6, output: 7)])
        let noon = generatedDay.microseconds + 43_200 * Instant.second
        #expect(events.allSatisfy { $0.completedAt.microseconds < noon && $0.account.text == "c" })
    }
}
