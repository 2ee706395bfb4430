import TestKit
import Testing

@testable import Taximeter

/// Samples of counters from range answers and scrapes: what is read, and everything that can be wrong.
@Suite struct EngineCountersTests {
    private static func shown(_ counters: EngineCounters) -> [String] {
        counters.series.map { one in
            "\(one.instance)|\(one.model)|\(one.counter)|"
                + one.samples.map { "\($0.at.description.dropFirst(8)) \($0.value)" }.joined(separator: ", ")
        }.sorted()
    }

    /// The text format, as vLLM writes it: other metrics, comments, large counts with exponents.
    /// https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
    private static let scrape = #"""
        # HELP vllm:prompt_tokens_total Number of prefill tokens processed.
        # TYPE vllm:prompt_tokens_total counter
        vllm:prompt_tokens_total{engine="0",model_name="deepseek-ai/R1"} 8.128902e+06
        vllm:prompt_tokens_total{engine="1",model_name="deepseek-ai/R1"} 12.0
        vllm:prompt_tokens_created{engine="0",model_name="deepseek-ai/R1"} 1.7406000E+09
        vllm:generation_tokens_total{engine="0",model_name="say \"hi\", {x=1}"} 7 1740628815123
        vllm:kv_cache_usage_perc 0.25

        """#

    @Test func aScrape() throws {
        var counters = EngineCounters()
        try counters.add(Self.scrape, file: "s", name: ScrapeName("pod-7/20250227T040015Z.prom"))
        #expect(
            Self.shown(counters) == [
                #"pod-7 engine 0|deepseek-ai/R1|prompt|27T04:00:15Z 8128902"#,
                #"pod-7 engine 0|say "hi", {x=1}|generated|27T04:00:15.123000Z 7"#,
                #"pod-7 engine 1|deepseek-ai/R1|prompt|27T04:00:15Z 12"#,
            ])
    }

    /// OpenMetrics has seconds, and says so by its last line.
    @Test func anOpenMetricsScrape() throws {
        var counters = EngineCounters()
        try counters.add(
            "sglang:cached_tokens_total{model_name=\"m\",cache_source=\"host\"} 5 1740628815.5 # {trace_id=\"x\"} 1\n# EOF\n",
            file: "s", name: ScrapeName("x"))
        #expect(Self.shown(counters) == ["x|m|cached|27T04:00:15.500000Z 5"])
    }

    @Test func aRangeAnswer() throws {
        let answer = """
            {"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"sglang:generation_tokens_total","instance":"a:30000","model_name":"m"},
            "values":[[1740628800,"1.5e+3"],[1740632400.25,"1600"]]},
            {"metric":{"__name__":"up","instance":"a:30000"},"values":[[1740628800,"1"]]}]}}
            """
        var counters = EngineCounters()
        try counters.add(answer, file: "a.json", name: ScrapeName("a.json"))
        #expect(Self.shown(counters) == ["a:30000|m|generated|27T04:00:00Z 1500, 27T05:00:00.250000Z 1600"])
        // The same again, as exports that overlap have it, changes nothing.
        try counters.add(answer, file: "b.json", name: ScrapeName("b.json"))
        #expect(Self.shown(counters).count == 1)
    }

    @Test(arguments: [
        ("20250227T040015Z.prom", "", "2025-02-27T04:00:15Z"),
        ("engine-7/20250227T040015Z.prom", "engine-7", "2025-02-27T04:00:15Z"),
        ("a/b-c_20250227T040015Z", "a/b-c", "2025-02-27T04:00:15Z"),
        ("engine-7-1740628815.txt", "engine-7", "2025-02-27T04:00:15Z"),
        ("metrics.txt", "metrics", "nil"),
        ("20251327T040015Z.prom", "20251327T040015Z", "nil"),
    ])
    func namesOfScrapes(_ path: String, _ instance: String, _ at: String) {
        let name = ScrapeName(path)
        #expect(name.instance == instance || at == "nil")
        #expect(name.at.map { "\($0)" } ?? "nil" == at)
    }

    @Test(arguments: [
        (
            "vllm:prompt_tokens_total{model_name=\"m\"} 1.5\n", "20250227T040015Z",
            ["1:1: found \"1.5\"; expected a whole number of tokens, 0 or more"]
        ),
        (
            "vllm:prompt_tokens_total{model_name=\"m\"} NaN\n", "20250227T040015Z",
            ["1:1: found \"NaN\"; expected a whole number of tokens, 0 or more"]
        ),
        (
            "vllm:prompt_tokens_total{model=\"m\"} 1\n", "20250227T040015Z",
            [
                "1:1: found no label model_name; expected a label model_name with the model, or another model_label in the mapping"
            ]
        ),
        (
            "vllm:prompt_tokens_total{model_name=\"m\"} 1\n", "metrics",
            [
                "1:1: found no time; expected a time after the value, or at the end of the file's name: engine-7-20250227T040015Z.prom"
            ]
        ),
        (
            "vllm:prompt_tokens_total{model_name=\"m} 1\n", "20250227T040015Z",
            ["1:1: found \"vllm:prompt_tokens_total{model_name=\"m} 1\"; expected a sample in Prometheus's text format"]
        ),
        (
            "vllm:prompt_tokens_total{model_name=\"m\"} 1\nvllm:prompt_tokens_total{model_name=\"m\"} 2\n",
            "20250227T040015Z",
            [
                "2:1: found \"2\"; expected 1, which another sample of the same series and instant (2025-02-27T04:00:15Z) has"
            ]
        ),
        ("a,b,c\n1,2,3\n", "20250227T040015Z", ["1:1: found \"a,b,c\"; expected a sample in Prometheus's text format"]),
        (
            "vllm:prompt_token_total 1\n", "20250227T040015Z",
            ["1:1: found 1 metrics, such as vllm:prompt_token_total; expected one of sglang:cached_tokens_total"]
        ),
        ("", "20250227T040015Z", ["1:1: found no samples; expected one of sglang:cached_tokens_total"]),
        (
            "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}", "x",
            ["1:1: found no matrix; expected the answer to a range query, with status success"]
        ),
        (
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"model_name\":\"m\"},\"values\":[]}]}}",
            "x",
            [
                "1:71: data.result[0].metric.__name__: found nothing; expected the counter's name: query the counters themselves, not a sum or a rate of them"
            ]
        ),
    ])
    func tellsWhatIsWrong(_ text: String, _ name: String, _ expected: [String]) {
        var counters = EngineCounters()
        do throws(FileErrors) {
            try counters.add(text, file: "f", name: ScrapeName(name))
            Issue.record("read: \(text)")
        } catch {
            let told = error.diagnostics.map(\.description)
            #expect(told.first?.hasPrefix("f:" + expected[0]) == true, "\(told)")
            #expect(told.count >= expected.count)
        }
        #expect(counters.series.isEmpty)
    }

    @Test func aMisspeltCounterIsSuggested() {
        var counters = EngineCounters()
        #expect {
            try counters.add("vllm:prompt_tokens_totl 1\n", file: "f", name: ScrapeName("20250227T040015Z"))
        } throws: { "\($0)".hasSuffix("(did you mean \"vllm:prompt_tokens_total\"?)") }
    }

    // MARK: The mapping

    @Test func aMappingChangesWhatItNames() throws {
        let mapping = try EngineMapping.parse(
            """
            engines:
              sglang:
                prompt: {metric: sglang:realtime_tokens_total, where: {mode: [prefill_compute, prefill_cache], tp_rank: 0}}
                cached: {metric: sglang:realtime_tokens_total, where: {mode: prefill_cache, tp_rank: 0}}
              own: {generated: my_tokens, model_label: model}
            models: {engine-a: [metered-b, metered-a], engine-b: [metered-a, metered-b], other: same}
            """, file: "m")
        var counters = EngineCounters(mapping)
        try counters.add(
            """
            sglang:realtime_tokens_total{model_name="m",mode="decode",tp_rank="0"} 1
            sglang:realtime_tokens_total{model_name="m",mode="prefill_cache",tp_rank="1"} 2
            sglang:realtime_tokens_total{model_name="m",mode="prefill_cache",tp_rank="0"} 7
            sglang:generation_tokens_total{model_name="m"} 3
            vllm:generation_tokens_total{model_name="m"} 4
            my_tokens{model="x"} 5
            sglang:prompt_tokens_total{model_name="m"} 6

            """, file: "s", name: ScrapeName("i-20250227T040000Z"))
        #expect(
            Self.shown(counters) == [
                "i tp_rank 0|m|cached|27T04:00:00Z 7", "i tp_rank 0|m|prompt|27T04:00:00Z 7",
                "i|m|generated|27T04:00:00Z 3", "i|m|generated|27T04:00:00Z 4", "i|x|generated|27T04:00:00Z 5",
            ])
        #expect(try mapping.metered(Identifier("engine-b")).map(\.text) == ["metered-a", "metered-b"])
        #expect(try mapping.metered(Identifier("unnamed")).map(\.text) == ["unnamed"])
    }

    @Test(arguments: [
        ("[]", "1:1: found a list; expected a mapping with engines, models, tolerance, every"),
        (
            "model: {a: b}",
            "1:1: found the key \"model\"; expected one of engines, models, tolerance, every (did you mean \"models\"?)"
        ),
        (
            "tolerance: 1 %",
            "1:12: tolerance: found \"1 %\"; expected a decimal such as 1575, or a percentage such as 0.1%"
        ),
        ("every: 1m", "1:8: every: found \"1m\"; expected whole seconds, 1 to 86400"),
        (
            "engines: {vllm: {promt: x}}",
            "1:18: engines.vllm: found the key \"promt\"; expected one of prompt, cached, generated, model_label (did you mean \"prompt\"?)"
        ),
        ("engines: {own: {}}", "1:16: engines.own: found no counter; expected one of prompt, cached, generated"),
        (
            "engines: {own: {prompt: 'sum(x)'}}",
            "1:25: engines.own.prompt: found \"sum(x)\"; expected a counter's name, such as vllm:prompt_tokens_total"
        ),
        (
            "models: {a: [x, y], b: y}",
            "1:24: models.b: found \"y\"; expected no model of another list, unless the lists are the same"
        ),
    ])
    func tellsWhatIsWrongWithAMapping(_ text: String, _ expected: String) {
        do throws(FileErrors) {
            _ = try EngineMapping.parse(text, file: "m")
            Issue.record("read: \(text)")
        } catch {
            #expect(error.diagnostics.map(\.description) == ["m:" + expected])
        }
    }
}
