import TestKit
import Testing

@testable import Taximeter

@Suite struct LoadGeneratorTests {
    /// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): what matters is that every byte counts.
    private static func hash(_ bytes: [UInt8]) -> String {
        String(bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 16)
    }

    /// The same on every machine and in every release: who has generated data can make them again.
    @Test(
        arguments: [(1, "f7fa084230e77d5c"), (2, "6040327fbd963da6"), (.max, "117478f923af9070")] as [(UInt64, String)])
    func streamsAreTheSameForEver(seed: UInt64, expected: String) throws {
        var writer = EventLineWriter()
        for event in try LoadProfile.example().events(seed: seed, count: 20_000) { writer.append(event) }
        #expect(Self.hash(writer.bytes) == expected)
    }

    @Test func aRunCutInTwoIsTheSameRun() async throws {
        let profile = try LoadProfile.example()
        let whole = try profile.events(seed: 5, count: 3_000)
        let until = Instant(unchecked: generatedDay.microseconds + Instant.day)
        try await withSeed { random in
            for _ in 0..<20 {
                let cut = Int.random(in: 0...3_000, using: &random)
                var generator = try LoadGenerator(profile, from: generatedDay, until: until, seed: 5)
                var events = try generator.take(cut)
                // A copy continues where it was taken.
                var copy = generator
                events += try copy.take(3_000 - cut)
                #expect(events == whole)
                #expect(try generator.take(3_000 - cut) == Array(whole[cut...]))
            }
        }
    }

    @Test func eventsAreOrderedAndConsistent() throws {
        let profile = try LoadProfile.example()
        let events = try profile.events(seed: 3, count: 100_000)
        let end = Instant(unchecked: generatedDay.microseconds + Instant.day)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.completedAt <= $1.completedAt })
        #expect(events.allSatisfy { (generatedDay..<end).contains($0.completedAt) && $0.startedAt < $0.completedAt })
        #expect(Set(events.map(\.requestID)).count == events.count)
        let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(events.prefix(5_000).allSatisfy { $0.requestID.text.wholeMatch(of: form) != nil })
        for event in events where event.model.text == "deepseek-chat" && event.tokens.cacheWrite > 0 {
            // Agents write all to the cache that they did not find there: the classes are disjoint.
            #expect(event.tokens.cacheMiss == 0)
            #expect((2_000...120_000).contains(try #require(event.tokens.totalInput)))
        }
    }

    /// Ids of two runs that begin at other times, or have other seeds, do not meet.
    @Test func idsDifferBetweenRuns() throws {
        let profile = try LoadProfile.plain()
        var ids = Set(try profile.events(seed: 1, count: 500).map(\.requestID))
        ids.formUnion(try profile.events(seed: 2, count: 500).map(\.requestID))
        let later = Instant(unchecked: generatedDay.microseconds + Instant.day)
        var generator = try LoadGenerator(profile, from: later, until: UsageEvent.latestInstant, seed: 1)
        ids.formUnion(try generator.take(500).map(\.requestID))
        #expect(ids.count == 1_500)
    }

    @Test func whatCannotBeRunIsRefused() throws {
        let profile = try LoadProfile.plain()
        func fault(from: Instant, until: Instant, rate: UInt64? = nil, accounts: Int? = nil) -> LoadGenerator.Fault? {
            #expect(throws: LoadGenerator.Fault.self) {
                try LoadGenerator(profile, from: from, until: until, seed: 1, rate: rate, accounts: accounts)
            }
        }
        let end = UsageEvent.latestInstant
        #expect(fault(from: end, until: end) == .span(from: end, until: end))
        #expect(fault(from: generatedDay, until: .latest) == .span(from: generatedDay, until: .latest))
        #expect(fault(from: generatedDay, until: end, rate: 0) == .rate)
        #expect(fault(from: generatedDay, until: end, rate: LoadProfile.maximumRate * 1_000_000 + 1) == .rate)
        #expect(fault(from: generatedDay, until: end, accounts: 0) == .accounts)
        #expect(fault(from: generatedDay, until: end, accounts: 1_000_001) == .accounts)
    }

    /// At both ends of what there can be: a request in years, and the most that are allowed.
    @Test func extremesOfRateEnd() throws {
        let profile = try LoadProfile.plain("arrivals: {variation: 100}")
        var rare = try LoadGenerator(
            profile, from: UsageEvent.earliestInstant, until: UsageEvent.latestInstant, seed: 1, rate: 1)
        let few = try rare.take(.max)
        // One in a million seconds, over 230 years: 7,258 of them, in bursts.
        #expect((1...200_000).contains(few.count))
        var fast = try LoadGenerator(
            try LoadProfile.plain(), from: generatedDay, until: .init(unchecked: generatedDay.microseconds + 100_000),
            seed: 1, rate: LoadProfile.maximumRate * 1_000_000)
        #expect((99_000...101_000).contains(try fast.take(.max).count))
    }
}
