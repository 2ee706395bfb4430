import TestKit
import Testing

@testable import Taximeter

/// Events look like their profile. Seeds are fixed, so that each test has one outcome; the bounds are about four
/// standard deviations wide.
@Suite struct GeneratedStatisticsTests {
    @Test func hoursFollowTheCurve() throws {
        let weights = (0..<24).map { $0 == 3 ? 0 : 10 * $0 }
        let profile = try LoadProfile.plain("arrivals: {hours: \(weights)}", rate: "2")
        let events = try profile.events()
        let counts = events.reduce(into: [Int](repeating: 0, count: 24)) {
            $0[Int(($1.completedAt.microseconds - generatedDay.microseconds) / Instant.hour)] += 1
        }
        #expect(counts[0] == 0 && counts[3] == 0)
        let total = weights.reduce(0, +)
        for (count, weight) in zip(counts, weights) {
            let expected = 172_800 * weight / total
            let distance = (count - expected) * (count - expected)
            // A Poisson count varies by its square root.
            #expect(distance <= 16 * expected, "\(count) for \(expected)")
        }
    }

    @Test func accountsFollowZipf() throws {
        let events = try LoadProfile.plain(rate: "5", accounts: "{count: 1000, zipf: 1, prefix: a}").events()
        let counts = events.reduce(into: [String: Int]()) { $0[$1.account.text, default: 0] += 1 }
        // The harmonic number of 1,000 is 7.4855.
        for rank in [1, 2, 3, 10, 50] {
            let expected = events.count * 10_000 / 74_855 / rank
            let count = counts["a\(rank)"] ?? 0
            #expect((count - expected) * (count - expected) <= 16 * expected, "\(rank): \(count) for \(expected)")
        }
        let flat = try LoadProfile.plain(rate: "5", accounts: "{count: 10, zipf: 0}").events()
        let shares = Dictionary(grouping: flat, by: \.account).values.map(\.count)
        #expect(shares.count == 10 && shares.allSatisfy { abs($0 - flat.count / 10) <= 900 })
    }

    @Test func cacheHitsHaveTheirRatio() throws {
        let more = "cache_hit_percent: {quantiles: {0: 0, 50: 0, 100: 80}}\ncache_write_percent: 25"
        let events = try LoadProfile.plain(more, rate: "1", input: "10000").events()
        let hits = events.reduce(0) { $0 + $1.tokens.cacheHit }
        let writes = events.reduce(0) { $0 + $1.tokens.cacheWrite }
        let input = events.reduce(0) { $0 + ($1.tokens.totalInput ?? 0) }
        #expect(input == 10_000 * Int64(events.count))
        // Half of the requests hit nothing, the other half 40 % on average.
        #expect((19_700...20_300).contains(hits * 100_000 / input))
        #expect(abs((input - hits) - 4 * writes) <= 4 * Int64(events.count))
    }

    @Test func lengthsFollowTheirQuantiles() throws {
        let input = "{quantiles: {0: 1, 50: 100, 90: 1000, 100: 5000}}"
        let output = "{histogram: [{from: 5, to: 5, weight: 3}, {from: 7, to: 9, weight: 1}]}"
        let events = try LoadProfile.plain(rate: "1", input: input, output: output).events()
        func permille(_ condition: (UsageEvent) -> Bool) -> Int {
            1_000 * events.count(where: condition) / events.count
        }
        #expect((493...507).contains(permille { $0.tokens.cacheMiss <= 100 }))
        #expect((896...904).contains(permille { $0.tokens.cacheMiss <= 1_000 }))
        #expect(events.allSatisfy { (1...5_000).contains($0.tokens.cacheMiss) })
        #expect((744...756).contains(permille { $0.tokens.output == 5 }))
        #expect(Set(events.map(\.tokens.output)) == [5, 7, 8, 9])
    }

    /// The gaps' coefficient of variation is what was asked for, in hundredths, and so is their mean.
    @Test(arguments: [("0.25", 25, 2), ("0.5", 50, 2), ("1", 100, 2), ("1.5", 150, 4), ("4", 400, 30)])
    func gapsHaveTheirVariation(_ variation: String, _ expected: Int, _ tolerance: Int) throws {
        let events = try LoadProfile.plain("arrivals: {variation: \(variation)}", rate: "1").events(days: 3)
        let gaps = zip(events, events.dropFirst()).map {
            // Milliseconds, so that squares can be summed in 64 bits.
            ($1.completedAt.microseconds - $0.completedAt.microseconds) / 1_000
        }
        let count = Int64(gaps.count)
        let mean = gaps.reduce(0, +) / count
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let found = Int(FixedPoint.squareRoot(UInt128(variance * 10_000))) / Int(mean)
        #expect(abs(found - expected) <= tolerance, "\(found)")
        #expect(abs(mean - 1_000) <= Int64(4 * expected / 100 + 8), "\(mean)")
    }

    @Test func ratesAndSharesScale() throws {
        let profile = try LoadProfile.example()
        for rate: Int64 in [1, 20] {
            var generator = try LoadGenerator(
                profile, from: generatedDay, until: .init(unchecked: generatedDay.microseconds + Instant.day), seed: 1,
                rate: UInt64(rate) * 1_000_000, accounts: 7)
            let events = try generator.take(.max)
            #expect(abs(Int64(events.count) - rate * 86_400) < rate * 86_400 / 25)
            #expect(Set(events.map(\.account)).count == 7)
            let batch = events.count { $0.serviceTier.text == "batch" }
            #expect((40...60).contains(1_000 * batch / events.count), "\(batch)")
        }
    }

    @Test func mathematicsIsExactWhereItCanBe() {
        for power in 0..<64 { #expect(FixedPoint.log2(1 << UInt64(power)) == UInt64(power) << 32) }
        // log₂ 10 = 3.321928094887362…
        #expect(FixedPoint.log2(10) == 14_267_572_527)
        for root in [0, 1, 2, 3, 65_536, UInt64.max] {
            #expect(FixedPoint.squareRoot(UInt128(root) * UInt128(root)) == root)
            if root > 1 { #expect(FixedPoint.squareRoot(UInt128(root) * UInt128(root) - 1) == root - 1) }
        }
        for rank: UInt64 in [1, 2, 3, 7, 1_000, 1_000_000] {
            let exact = (UInt64(1) << 40) / rank
            let found = FixedPoint.exp2(minus: FixedPoint.log2(rank))
            #expect(abs(Int64(found) - Int64(exact)) <= Int64(exact >> 28) + 1, "\(rank)")
        }
    }

    @Test func weightsThatCannotBeDrawnByAreRefused() {
        #expect(AliasTable([]) == nil)
        #expect(AliasTable([0, 0]) == nil)
        #expect(AliasTable([1 << 62, 1 << 62]) == nil)
        var random = SplitMix64(seed: 1)
        let table = AliasTable([0, 5, 0, 1 << 61])
        #expect((0..<1_000).allSatisfy { _ in [1, 3].contains(table?.sample(&random)) })
    }
}
