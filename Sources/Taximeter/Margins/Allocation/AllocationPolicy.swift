/// How cost is split over models, channels and accounts, from an instant on.
///
/// Nodes that are assigned to a model always cost that model. docs/allocation.md has the rules.
public struct AllocationPolicy: Sendable, Hashable {
    /// What decides the shares of the nodes' serving time.
    public enum Method: String, Sendable, Hashable, CaseIterable {
        /// Only the assignment of nodes: those that are shared served nobody in particular, and are idle. Within a model,
        /// by tokens.
        case assignment
        /// The node-time that tokens need by the measured throughput of their class.
        case phaseWeights = "phase_weights"
        /// Tokens, whatever their class.
        case tokens
    }

    /// Who bears a cost that no tokens caused.
    public enum Sharing: String, Sendable, Hashable, CaseIterable {
        /// Nobody: it is a line of its own, of its model where the nodes are assigned to one.
        case apart
        /// Everybody, as they share the serving cost of the same nodes.
        case proportional
        /// Every model with usage alike; within a model as the serving cost.
        case even
    }

    /// The name of the policy that the stored margins follow.
    public static let standardName = Identifier(unchecked: "default")

    /// Its name; see ``standardName``.
    public let name: Identifier
    /// The first instant at which it holds: a whole UTC hour.
    public let from: Instant
    /// How serving time is split.
    public let method: Method
    /// The throughput of models that have none of their own; nil where none was measured, and then nothing is idle.
    public let throughput: Throughput?
    /// The throughput of some models.
    public let modelThroughput: [Identifier: Throughput]
    /// Who bears the part of the serving nodes' time that the throughput says was not needed.
    public let idle: Sharing
    /// Who bears nodes that were paid for and did not serve.
    public let headroom: Sharing

    /// A policy.
    public init(
        name: Identifier, from: Instant, method: Method, throughput: Throughput? = nil,
        modelThroughput: [Identifier: Throughput] = [:], idle: Sharing = .apart, headroom: Sharing = .apart
    ) {
        self.name = name
        self.from = from
        self.method = method
        self.throughput = throughput
        self.modelThroughput = modelThroughput
        self.idle = idle
        self.headroom = headroom
    }

    /// What holds where no policy was loaded: by tokens, nothing idle, headroom apart.
    public static let standard = AllocationPolicy(name: standardName, from: .earliest, method: .tokens)

    /// The version in force at an instant, of versions of one name; nil before the first.
    public static func inForce(at instant: Instant, of versions: [AllocationPolicy]) -> AllocationPolicy? {
        versions.filter { $0.from <= instant }.max { $0.from < $1.from }
    }

    /// The throughput of a model; nil where none is known.
    func throughput(of model: Identifier) -> Throughput? { modelThroughput[model] ?? throughput }
}
