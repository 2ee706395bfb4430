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
}

/// What a GPU-hour costs over a range of time.
public struct GPURate: Sendable, Hashable {
    /// The first instant of the rate.
    public let from: Instant
    /// The first instant after it; nil while it is open.
    public let until: Instant?
    /// The cost of one GPU for one hour.
    public let perGPUHour: Money

    /// A rate.
    public init(from: Instant, until: Instant?, perGPUHour: Money) {
        self.from = from
        self.until = until
        self.perGPUHour = perGPUHour
    }
}

/// How many nodes of a pool served over `[from, until)`.
public struct GPUOccupancy: Sendable, Hashable {
    /// The pool's name.
    public let pool: Identifier
    /// The model that the nodes served; nil where they are shared by all.
    public let model: Identifier?
    /// The first instant of the interval.
    public let from: Instant
    /// The first instant after it.
    public let until: Instant
    /// Nodes, serving or ready to serve.
    public let nodes: Int32

    /// An interval.
    public init(pool: Identifier, model: Identifier?, from: Instant, until: Instant, nodes: Int32) {
        self.pool = pool
        self.model = model
        self.from = from
        self.until = until
        self.nodes = nodes
    }
}
