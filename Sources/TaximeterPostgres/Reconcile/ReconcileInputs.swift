public import Taximeter

/// What others say of a month, to be held against what is stored.
public struct ReconcileInputs: Sendable {
    /// Single figures, such as published totals.
    public var expected: [ExpectedFigure]
    /// Counters of inference engines.
    public var counters: EngineCounters?
    /// Bills of those who own the GPUs.
    public var bills: [SupplierBill]

    /// Nothing but what is given.
    public init(expected: [ExpectedFigure] = [], counters: EngineCounters? = nil, bills: [SupplierBill] = []) {
        self.expected = expected
        self.counters = counters
        self.bills = bills
    }
}
