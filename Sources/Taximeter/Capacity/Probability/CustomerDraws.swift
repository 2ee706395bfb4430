/// Customers drawn at random, with replacement, from accounts that were metered.
///
/// A customer is a whole account, with every hour of it: so what accounts have in common (the rhythm of the day, a common
/// peak), and how unequal they are, is in every sample as it was metered. What the same customers would want when more of
/// them come is not.
public struct CustomerDraws: Sendable {
    /// Accounts that are drawn from.
    public let accounts: Int
    /// How many customers a sample has; one size after another.
    public let sizes: [Int]
    /// Samples of each size.
    public let samples: Int
    /// Where the samples of an account begin in ``drawn``, and one place more.
    private let starts: [Int32]
    /// Samples by account; one that has it twice is there twice.
    private let drawn: [Int32]

    /// How many customers all samples may have together: they are held in memory, at four bytes each.
    public static let mostCustomers = 50_000_000

    /// The same seed draws the same customers, on every machine.
    ///
    /// - Returns: nil without accounts, sizes or samples, or with more customers in all than ``mostCustomers``.
    public init?(accounts: Int, sizes: [Int], samples: Int, seed: UInt64) {
        guard (1...Int(Int32.max) - 1).contains(accounts), samples > 0, !sizes.isEmpty,
            Self.customers(sizes, samples) != nil
        else { return nil }
        (self.accounts, self.sizes, self.samples) = (accounts, sizes, samples)
        // Drawn twice from the same seed: to count, and to put each where it belongs.
        var starts = [Int32](repeating: 0, count: accounts + 1)
        Self.draw(accounts, sizes, samples, seed) { account, _ in starts[account + 1] += 1 }
        for account in 0..<accounts { starts[account + 1] += starts[account] }
        var next = starts
        var drawn = [Int32](repeating: 0, count: Int(starts[accounts]))
        Self.draw(accounts, sizes, samples, seed) { account, sample in
            drawn[Int(next[account])] = Int32(truncatingIfNeeded: sample)
            next[account] += 1
        }
        (self.starts, self.drawn) = (starts, drawn)
    }

    /// How many customers samples of these sizes have in all; nil where a size is none or they are more than
    /// ``mostCustomers``.
    public static func customers(_ sizes: [Int], _ samples: Int) -> Int? {
        var sum = 0
        for size in sizes {
            guard (1...mostCustomers).contains(size), (1...mostCustomers).contains(samples) else { return nil }
            sum += size * samples
            if sum > mostCustomers { return nil }
        }
        return sum
    }

    private static func draw(
        _ accounts: Int, _ sizes: [Int], _ samples: Int, _ seed: UInt64, _ body: (_ account: Int, _ sample: Int) -> Void
    ) {
        var random = SplitMix64(seed: seed)
        for sample in 0..<sizes.count * samples {
            for _ in 0..<sizes[sample / samples] { body(Int(random.below(UInt64(accounts))), sample) }
        }
    }

    /// The samples that have an account, once for each time that it was drawn.
    func samples(of account: Int) -> ArraySlice<Int32> { drawn[Int(starts[account])..<Int(starts[account + 1])] }
}
