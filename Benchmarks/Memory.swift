import CAllocations
import Foundation

/// What the program asks of memory.
enum Memory {
    /// How often this thread has asked for some.
    static var allocations: UInt { taximeter_allocations() }

    /// The most that the process has held, in MB.
    static var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1_024
    }
}
