import Taximeter
import Testing

/// Concurrency and nodes of DeepSeek's published day.
@Suite struct DemandTests {
    private let day = Demand(inputTokens: 608_000_000_000, outputTokens: 168_000_000_000, seconds: 86_400)

    @Test(arguments: [(20, "97222.2"), (21, "92592.6"), (22, "88383.8")] as [(Int64, String)])
    func streams(_ speed: Int64, _ streams: String) throws {
        #expect(try day.streams(tokensPerSecond: speed)?.text(places: 1) == streams)
    }

    @Test func nodesByPhase() throws {
        #expect(try day.prefillNodes(throughput: 73_700)?.text(places: 2) == "95.48")
        #expect(try day.decodeNodes(throughput: 14_800)?.text(places: 2) == "131.38")
        #expect(try day.nodes(prefill: 73_700, decode: 14_800)?.text(places: 2) == "226.86")
    }

    @Test func contextInMemory() throws {
        let tokens = try #require(try day.residentTokens(tokensPerSecond: 21, meanContext: 4_989))
        #expect(try Ratio(tokens.numerator, to: tokens.denominator * 1_000_000)?.text(places: 1) == "461.9")
        // 14,800 tokens a node-second at 21 a stream.
        #expect(try Ratio(14_800, to: 21)?.text(places: 2) == "704.76")
    }

    /// Tokens a node-second over all nodes, and NVIDIA's figures for one node next to it.
    @Test func perNode() throws {
        let nodeSeconds: Int128 = 5_442 * 3_600
        #expect(try Ratio(day.outputTokens, to: nodeSeconds)?.text(places: 2) == "8575.28")
        #expect(try Ratio(day.outputTokens, to: nodeSeconds * 3_872)?.text(places: 3) == "2.215")
        #expect(try Ratio(day.outputTokens, to: nodeSeconds * 30_000)?.text(places: 3) == "0.286")
    }

    @Test func nothingToDivideBy() throws {
        let none = Demand(inputTokens: 1, outputTokens: 1, seconds: 0)
        #expect(try none.outputPerSecond == nil && none.streams(tokensPerSecond: 21) == nil)
        #expect(try day.streams(tokensPerSecond: 0) == nil && day.nodes(prefill: 0, decode: 1) == nil)
        #expect(throws: MoneyError.overflow) {
            try Demand(inputTokens: .max, outputTokens: 1, seconds: 1).nodes(prefill: 1, decode: 2)
        }
    }
}
