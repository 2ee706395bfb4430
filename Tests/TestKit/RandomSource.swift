import Foundation
import Taximeter
import Testing

/// Random numbers that come again with the same seed.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var generator: SplitMix64

    /// The seed of this run: `TAXIMETER_TEST_SEED`, else a random one.
    public static let runSeed =
        ProcessInfo.processInfo.environment["TAXIMETER_TEST_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0...UInt64.max)

    /// A generator of that seed.
    public init(seed: UInt64 = Self.runSeed) { generator = SplitMix64(seed: seed) }

    /// The next 64 bits.
    public mutating func next() -> UInt64 { generator.next() }
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
