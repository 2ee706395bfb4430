import Foundation
import Testing

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): the same seed gives the same
/// numbers for ever, whatever the platform.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The seed of this run: `TAXIMETER_TEST_SEED`, else a random one.
    public static let runSeed =
        ProcessInfo.processInfo.environment["TAXIMETER_TEST_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0...UInt64.max)

    /// A generator of that seed.
    public init(seed: UInt64 = Self.runSeed) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Checks a property on random input. Every issue in it names the seed that repeats it.
///
/// The generator depends on the run's seed alone, not on other tests, so the failing test can be run by itself.
public func withSeed(_ property: @escaping @Sendable (inout SeededGenerator) async throws -> Void) async throws {
    guard let test = Test.current else {
        var generator = SeededGenerator()
        return try await property(&generator)
    }
    let naming: IssueHandlingTrait = .compactMapIssues { issue in
        var issue = issue
        issue.comments.append("repeat with TAXIMETER_TEST_SEED=\(SeededGenerator.runSeed)")
        return issue
    }
    try await naming.provideScope(for: test, testCase: Test.Case.current) {
        var generator = SeededGenerator()
        do {
            try await property(&generator)
        } catch is ExpectationFailedError {
            // `#require` has recorded its issue already.
        } catch {
            // Thrown on, it would leave the scope in which issues are given their seed.
            Issue.record(error)
        }
    }
}
