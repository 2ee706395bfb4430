/// Nodes of one kind, and what a GPU-hour of them costs.
public struct GPUPool: Sendable, Hashable {
    /// The name that occupancy refers to.
    public let name: Identifier
    /// The GPU type, such as `H800`.
    public let gpu: String
    /// How many GPUs a node has.
    public let gpusPerNode: Int32
    /// Rates in order of time, without overlap.
    public let rates: [GPURate]

    /// A pool.
    public init(name: Identifier, gpu: String, gpusPerNode: Int32, rates: [GPURate]) {
        self.name = name
        self.gpu = gpu
        self.gpusPerNode = gpusPerNode
        self.rates = rates
    }

    /// The pool with other rates in the time from the first of them to the end of the last, and its own before and after.
    package func replacingRates(by other: [GPURate]) -> GPUPool {
        guard let start = other.first?.from, let last = other.last else { return self }
        let kept = rates.flatMap { rate -> [GPURate] in
            var parts: [GPURate] = []
            if rate.from < start { parts.append(rate.within(rate.from, min(rate.until ?? .latest, start))) }
            if let end = last.until, rate.until ?? .latest > end {
                parts.append(rate.within(max(rate.from, end), rate.until))
            }
            return parts
        }
        return GPUPool(
            name: name, gpu: gpu, gpusPerNode: gpusPerNode, rates: (kept + other).sorted { $0.from < $1.from })
    }
}

/// What a GPU-hour costs over a range of time.
public struct GPURate: Sendable, Hashable {
    /// How the GPUs are had.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// By the hour.
        case leased
        /// By the month or the year.
        case reserved
        /// Bought.
        case owned
        /// At a price that changes, and until somebody else pays more.
        case spot
    }

    /// The first instant of the rate.
    public let from: Instant
    /// The first instant after it; nil while it is open.
    public let until: Instant?
    /// The cost of one GPU for one hour.
    public let perGPUHour: Money
    /// How they are had.
    public let kind: Kind
    /// What the cost was computed from; nil where it was given.
    public let terms: OwnedNode?

    /// A rate.
    public init(
        from: Instant, until: Instant?, perGPUHour: Money, kind: Kind = .leased, terms: OwnedNode? = nil
    ) {
        self.from = from
        self.until = until
        self.perGPUHour = perGPUHour
        self.kind = kind
        self.terms = terms
    }

    /// The same at another time.
    fileprivate func within(_ from: Instant, _ until: Instant?) -> GPURate {
        GPURate(from: from, until: until, perGPUHour: perGPUHour, kind: kind, terms: terms)
    }
}

/// What nodes of a pool did over `[from, until)`.
public struct GPUOccupancy: Sendable, Hashable {
    /// Nodes of which one interval at a time can speak: a named one, or those that are counted together.
    public struct Lane: Sendable, Hashable {
        /// The pool's name.
        public let pool: Identifier
        /// The node's name; nil where nodes are only counted.
        public let node: Identifier?
        /// The model that counted nodes served; nil where they are shared by all.
        public let model: Identifier?
        /// What part of requests counted nodes served.
        public let phase: GPUPhase
        /// What counted nodes were paid for.
        public let use: GPUUse
    }

    /// The pool's name.
    public let pool: Identifier
    /// The node's name; nil where nodes are only counted.
    public let node: Identifier?
    /// The model that the nodes served; nil where they are shared by all.
    public let model: Identifier?
    /// What part of requests they served.
    public let phase: GPUPhase
    /// What they were paid for.
    public let use: GPUUse
    /// The first instant of the interval.
    public let from: Instant
    /// The first instant after it.
    public let until: Instant
    /// How many nodes; 0 or 1 for a named one.
    public let nodes: Int32

    /// An interval.
    public init(
        pool: Identifier, node: Identifier? = nil, model: Identifier?, phase: GPUPhase = .both, use: GPUUse = .serving,
        from: Instant, until: Instant, nodes: Int32
    ) {
        self.pool = pool
        self.node = node
        self.model = model
        self.phase = phase
        self.use = use
        self.from = from
        self.until = until
        self.nodes = nodes
    }

    /// The nodes of which it speaks. A named node does one thing at a time, whatever it is.
    public var lane: Lane {
        node == nil
            ? Lane(pool: pool, node: nil, model: model, phase: phase, use: use)
            : Lane(pool: pool, node: node, model: nil, phase: .both, use: .serving)
    }

    /// Whether both speak of the same nodes at some instant.
    public func overlaps(_ other: GPUOccupancy) -> Bool {
        lane == other.lane && from < other.until && other.from < until
    }
}
