/// Traffic over a length of time, and what has to be there to serve it. All ratios are exact.
public struct Demand: Sendable, Hashable {
    /// Input tokens of all classes.
    public let inputTokens: Int128
    /// Output tokens.
    public let outputTokens: Int128
    /// The length of time, in seconds.
    public let seconds: Int128

    /// So many tokens in so many seconds.
    public init(inputTokens: Int128, outputTokens: Int128, seconds: Int128) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.seconds = seconds
    }

    /// Output tokens a second; nil in no time.
    public var outputPerSecond: Ratio? { Ratio(outputTokens, to: seconds) }

    /// Streams open at the same time in the mean, by Little's law: what arrives a second × how long it stays is output
    /// tokens a second ÷ output tokens a second and stream. Nil without time or speed.
    public func streams(tokensPerSecond speed: Int64) throws(MoneyError) -> Ratio? {
        Ratio(outputTokens, to: try Self.product(seconds, speed))
    }

    /// Tokens of context resident in GPU memory in the mean: streams × the mean context length.
    public func residentTokens(tokensPerSecond speed: Int64, meanContext: Int64) throws(MoneyError) -> Ratio? {
        Ratio(try Self.product(outputTokens, meanContext), to: try Self.product(seconds, speed))
    }

    /// Nodes that prefill all the time, in the mean, at this many input tokens a node-second.
    public func prefillNodes(throughput: Int64) throws(MoneyError) -> Ratio? {
        Ratio(inputTokens, to: try Self.product(seconds, throughput))
    }

    /// Nodes that decode all the time, in the mean, at this many output tokens a node-second.
    public func decodeNodes(throughput: Int64) throws(MoneyError) -> Ratio? {
        Ratio(outputTokens, to: try Self.product(seconds, throughput))
    }

    /// Nodes of both phases together.
    public func nodes(prefill: Int64, decode: Int64) throws(MoneyError) -> Ratio? {
        let (one, oneOverflows) = try Self.product(inputTokens, decode).addingReportingOverflow(
            Self.product(outputTokens, prefill))
        if oneOverflows { throw .overflow }
        return Ratio(one, to: try Self.product(Self.product(seconds, prefill), decode))
    }

    private static func product(_ count: Int128, _ times: Int64) throws(MoneyError) -> Int128 {
        let (product, overflow) = count.multipliedReportingOverflow(by: Int128(times))
        if overflow { throw .overflow }
        return product
    }
}
