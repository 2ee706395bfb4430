import CAllocations

/// What the program asks of the heap.
enum Heap {
    /// How often this thread has asked for some.
    static var allocations: UInt { taximeter_allocations() }
}
