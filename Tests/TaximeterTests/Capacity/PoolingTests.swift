import Taximeter
import Testing

/// "100 customers need three to five times the mean, 10,000 only thirty per cent more": when it holds, and when not.
@Suite struct PoolingTests {
    /// Customers that are on for 1 % of the time: the exact multiple.
    @Test(arguments: [(0.99, 100, 4.0), (0.99, 10_000, 1.24), (0.9987, 100, 5.0), (0.9987, 10_000, 1.31)])
    func equalAndIndependent(_ level: Double, _ customers: Int, _ multiple: Double) throws {
        let model = try #require(Pooling(activity: 0.01, level: level))
        #expect(abs((model.exactMultiple(customers: customers) ?? 0) - multiple) < 1e-9)
    }

    /// Exact below 30 customers on at a time, near it from there.
    @Test func theApproximationTakesOver() throws {
        let model = try #require(Pooling(activity: 0.01, level: 0.99))
        #expect(model.multiple(customers: 2_999) == model.exactMultiple(customers: 2_999))
        #expect(model.multiple(customers: 3_000) == model.approximateMultiple(sumOfSquares: 1.0 / 3_000))
        let (exact, near) = (model.exactMultiple(customers: 10_000) ?? 0, model.multiple(customers: 10_000) ?? 0)
        #expect(abs(exact - near) < 0.01 && exact != near)
    }

    /// What is unequal or correlated does not pool.
    @Test func zipfAndCorrelation() throws {
        let model = try #require(Pooling(activity: 0.01, level: 0.9987))
        let squares = try #require(Pooling.sumOfSquaresOfZipf(customers: 10_000))
        #expect(abs(model.approximateMultiple(sumOfSquares: squares) - 4.9) < 0.05)
        let equal = 1.0 / 10_000
        #expect(
            model.approximateMultiple(sumOfSquares: equal, correlation: 0.1)
                > 2 * model.approximateMultiple(sumOfSquares: equal))
        // Fully correlated customers are one customer.
        let one = model.approximateMultiple(sumOfSquares: 1)
        #expect(abs(model.approximateMultiple(sumOfSquares: equal, correlation: 1) - one) < 1e-9)
    }

    /// The quantile is the smallest number that suffices: checked against the sum of the distribution's own terms.
    @Test func theQuantileIsTheSmallest() throws {
        for customers in [1, 2, 7, 50] {
            for activity in [0.01, 0.3, 0.9] {
                for level in [0.5, 0.9, 0.999] {
                    let model = try #require(Pooling(activity: activity, level: level))
                    let multiple = try #require(model.exactMultiple(customers: customers))
                    let needed = Int((multiple * Double(customers) * activity).rounded())
                    #expect(chance(upTo: needed, of: customers, activity) >= level - 1e-12)
                    #expect(needed == 0 || chance(upTo: needed - 1, of: customers, activity) < level)
                }
            }
        }
    }

    @Test func noModelWithoutProbabilities() {
        for (activity, level) in [(0, 0.9), (1.1, 0.9), (0.5, 0), (0.5, 1), (.nan, 0.5)] {
            #expect(Pooling(activity: activity, level: level) == nil)
        }
        #expect(Pooling(activity: 0.5, level: 0.9)?.multiple(customers: 0) == nil)
    }

    /// By adding one customer after another to the distribution of how many are on.
    private func chance(upTo needed: Int, of customers: Int, _ activity: Double) -> Double {
        var distribution = [1.0]
        for _ in 0..<customers {
            distribution = (0...distribution.count).map { on in
                (on < distribution.count ? distribution[on] * (1 - activity) : 0)
                    + (on > 0 ? distribution[on - 1] * activity : 0)
            }
        }
        return distribution.prefix(needed + 1).reduce(0, +)
    }
}
