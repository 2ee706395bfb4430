import Foundation
import Testing

@testable import Taximeter

/// Headroom by resampling accounts, against what is known of them.
@Suite struct PooledDemandTests {
    /// Demand of hours, one account after another.
    private func pooled(
        _ profiles: [[Int64]], sizes: [Int], samples: Int, seed: UInt64 = 7
    ) throws -> PooledDemand {
        let draws = try #require(
            CustomerDraws(accounts: profiles.count, sizes: sizes, samples: samples, seed: seed))
        var pooled = try #require(PooledDemand(draws, hours: profiles[0].count))
        for (account, profile) in profiles.enumerated() {
            for (hour, demand) in profile.enumerated() where demand > 0 {
                try pooled.add(demand, account: account, hour: hour)
            }
        }
        return pooled
    }

    /// Equal accounts that are on by themselves: the curve is the binomial one.
    ///
    /// Tolerances: the binomial quantile is known to a whole customer, which is 1 ÷ (N p) of the mean, and that much it may
    /// be off. On top come 2 % of the multiple: the means of samples vary by √((1 − p) ÷ (N p H)), 0.5 % here, and drawing
    /// an account twice spreads demand as if there were N ÷ (1 + (N − 1) ÷ A) customers, under 1 % of the multiple. The
    /// busiest of H independent hours is not exceeded with the probability of one hour to the power of H.
    @Test(arguments: [100, 400]) func independentAccountsFollowTheBinomial(_ customers: Int) throws {
        let (activity, level, hours, accounts) = (0.1, 0.99, 360, 5_000)
        var random = SplitMix64(seed: 2_025)
        let profiles = (0..<accounts).map { _ in
            (0..<hours).map { _ in random.below(1_000) < UInt64(activity * 1_000) ? Int64(640) : 0 }
        }
        let curve = try pooled(profiles, sizes: [customers], samples: 100).multiples(level: level)
        let multiple = try #require(curve.first)
        let mean = Double(customers) * activity
        func binomial(_ level: Double) -> Double {
            Double(Quantile.binomial(level: level, count: customers, chance: activity)) / mean
        }
        func isNear(_ found: Double, _ level: Double) -> Bool {
            let expected = binomial(level)
            return abs(found - expected) <= 1 / mean + 0.02 * expected
        }
        #expect(isNear(multiple.ofAnHour, level), "\(multiple.ofAnHour) \(binomial(level))")
        let ofPeak = 1 / Double(hours)
        #expect(isNear(multiple.ofPeakHourInHalf, pow(0.5, ofPeak)), "\(multiple.ofPeakHourInHalf)")
        // The highest of few samples: one customer more.
        #expect(
            abs(multiple.ofPeakHour - binomial(pow(level, ofPeak))) <= 2 / mean + 0.02 * multiple.ofPeakHour,
            "\(multiple.ofPeakHour) \(binomial(pow(level, ofPeak)))")
        let model = try #require(Pooling(activity: activity, level: level))
        #expect(abs(multiple.ofAnHour - (model.multiple(customers: customers) ?? 0)) <= 1 / mean + 0.03)
    }

    /// What all accounts have in common does not pool, however many they are.
    @Test func aCommonRhythmStays() throws {
        let day: [Int64] = [1, 2, 3, 10, 4, 4]
        let profiles = (1...50).map { factor in day.map { $0 * Int64(factor) } }
        for multiple in try pooled(profiles, sizes: [1, 100, 1_000], samples: 20).multiples(level: 0.99) {
            for found in [multiple.ofAnHour, multiple.ofPeakHourInHalf, multiple.ofPeakHour] {
                #expect(abs(found - 2.5) < 1e-12, "\(multiple)")
            }
        }
    }

    /// Sums by hand: two samples of two customers, redrawn here from the same generator.
    @Test func sumsAreThoseOfTheDrawnAccounts() throws {
        try #require(CustomerDraws(accounts: 3, sizes: [2], samples: 2, seed: 11) != nil)
        var random = SplitMix64(seed: 11)
        let profiles: [[Int64]] = [[1, 0], [0, 3], [5, 5]]
        let peaks = (0..<2).map { _ -> Double in
            let (one, other) = (profiles[Int(random.below(3))], profiles[Int(random.below(3))])
            let sums = zip(one, other).map(+)
            return Double(2 * (sums.max() ?? 0)) / Double(sums.reduce(0, +))
        }
        let multiple = try #require(try pooled(profiles, sizes: [2], samples: 2, seed: 11).multiples(level: 0.99).first)
        #expect(multiple.ofPeakHour == peaks.max() && multiple.ofPeakHourInHalf == peaks.min())
    }

    @Test func theSeedDecides() throws {
        let profiles: [[Int64]] = (0..<40).map { account in (0..<24).map { hour in Int64(account * hour % 17) } }
        func curve(_ seed: UInt64) throws -> [PooledDemand.Multiple] {
            try pooled(profiles, sizes: [5, 50], samples: 30, seed: seed).multiples(level: 0.9)
        }
        #expect(try curve(1) == curve(1) && curve(1) != curve(2))
    }

    @Test func limits() throws {
        #expect(CustomerDraws(accounts: 0, sizes: [1], samples: 1, seed: 0) == nil)
        #expect(CustomerDraws(accounts: 1, sizes: [0], samples: 1, seed: 0) == nil)
        #expect(CustomerDraws(accounts: 1, sizes: [1], samples: 0, seed: 0) == nil)
        #expect(CustomerDraws.customers([CustomerDraws.mostCustomers], 1) == CustomerDraws.mostCustomers)
        #expect(CustomerDraws.customers([CustomerDraws.mostCustomers, 1], 1) == nil)
        #expect(CustomerDraws.customers([.max], .max) == nil)
        let draws = try #require(CustomerDraws(accounts: 1, sizes: [10], samples: 2, seed: 0))
        #expect(PooledDemand(draws, hours: 0) == nil)
        #expect(PooledDemand(draws, hours: PooledDemand.mostSums / 2 + 1) == nil)
        var pooled = try #require(PooledDemand(draws, hours: 1))
        #expect(pooled.multiples(level: 0.5) == [])
        #expect(throws: MoneyError.overflow) { try pooled.add(.max / 10 + 1, account: 0, hour: 0) }
        try pooled.add(.max / 10, account: 0, hour: 0)
        #expect(pooled.multiples(level: 0.5).first?.ofPeakHour == 1)
    }
}
