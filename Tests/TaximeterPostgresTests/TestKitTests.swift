import Foundation
import Synchronization
import TestKit
import Testing

/// What the other tests stand on.
@Suite struct TestKitTests {
    /// Reference output for seed 1234567, https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
    @Test func splitMix64() {
        var generator = SeededGenerator(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(expected.map { _ in generator.next() } == expected)
    }

    /// Each way in which a property fails: the issue names the seed (and is therefore taken for expected here).
    @Test(
        .compactMapIssues { issue in
            let seed = "TAXIMETER_TEST_SEED=\(SeededGenerator.runSeed)"
            guard issue.comments.contains(where: { $0.rawValue.contains(seed) }) else { return issue }
            seedsNamed.add(1, ordering: .relaxed)
            return nil
        })
    func aFailingPropertyNamesItsSeed() async throws {
        struct Fault: Error {}
        try await withSeed { #expect($0.next() == $0.next()) }
        try await withSeed { try #require($0.next() == $0.next()) }
        try await withSeed { _ in throw Fault() }
        #expect(Self.seedsNamed.load(ordering: .relaxed) == 3)
    }

    private static let seedsNamed = Atomic(0)

    @Test func aPropertyAlwaysGetsTheSameNumbers() async throws {
        var expected = SeededGenerator()
        let first = expected.next()
        for _ in 1...2 { try await withSeed { #expect($0.next() == first) } }
    }

    @Test func findsThePackage() {
        #expect(FileManager.default.fileExists(atPath: Fixtures.packageRoot.appending(path: "Package.swift").path))
        #expect(FileManager.default.fileExists(atPath: Fixtures.folder.path))
    }

    @Test func homesAreApart() throws {
        let homes = try (1...3).map { _ in try ClusterHomes.make() }
        #expect(Set(homes).count == 3)
        #expect(homes.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
    }
}
