/// The node-time that tokens needed, at the throughput of an allocation policy, by phase. In picoseconds.
public struct NodeTime: Sendable, Hashable {
    /// For reading the input: hits too, where the policy gives them a throughput.
    public private(set) var prefill: Int128 = 0
    /// For generating the output.
    public private(set) var decode: Int128 = 0

    /// Picoseconds in a second.
    public static let second: Int128 = Throughput.picosecondsPerMicrosecond * 1_000_000

    /// None yet.
    public init() {}

    /// Adds what tokens of a model needed.
    ///
    /// - Returns: false, with nothing added, where the policy has no throughput for the model.
    /// - Throws: ``MoneyError/overflow`` when the time does not fit in 128 bits.
    public mutating func add(
        _ tokens: TokenCounts, of model: Identifier, under policy: AllocationPolicy
    ) throws(MoneyError) -> Bool {
        guard let throughput = policy.throughput(of: model) else { return false }
        for tokenClass in GPUPhase.prefill.tokenClasses {
            prefill = try AllocatedCost.sum(prefill, throughput.picoseconds(tokens[tokenClass], of: tokenClass))
        }
        decode = try AllocatedCost.sum(decode, throughput.picoseconds(tokens.output, of: .output))
        return true
    }

    /// Nodes that prefill all the time, in the mean of so many seconds; nil of none.
    public func prefillNodes(seconds: Int128) -> Ratio? { Ratio(prefill, to: seconds * Self.second) }

    /// Nodes that decode all the time, in the mean of so many seconds; nil of none.
    public func decodeNodes(seconds: Int128) -> Ratio? { Ratio(decode, to: seconds * Self.second) }

    /// Nodes of both phases together.
    public func nodes(seconds: Int128) -> Ratio? { Ratio(prefill + decode, to: seconds * Self.second) }
}
