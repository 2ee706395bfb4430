import Foundation
import TestKit

@testable import Taximeter

/// The day on which the tests' events lie.
let generatedDay = Instant(unchecked: 1_735_689_600_000_000)

extension LoadProfile {
    /// The example of `fixtures/profiles`.
    static func example() throws -> LoadProfile {
        let file = Fixtures.folder.appending(path: "profiles/small-provider.yaml")
        return try parse(String(contentsOf: file, encoding: .utf8), file: "small-provider.yaml")
    }

    /// A profile of one stream; `more` are its further members, one a line.
    static func plain(
        _ more: String = "", rate: String = "10", accounts: String = "{count: 3}", input: String = "100",
        output: String = "10"
    ) throws -> LoadProfile {
        let text = """
            load_profile: plain
            rate: \(rate)
            accounts: \(accounts)
            streams:
              - name: all
                models: m
                input_tokens: \(input)
                output_tokens: \(output)

            """
        let members = more.split(separator: "\n").map { "    \($0)\n" }.joined()
        return try parse(text + members, file: "p.yaml")
    }

    /// Its events.
    func events(days: Int64 = 1, seed: UInt64 = 1, count: Int = .max) throws -> [UsageEvent] {
        let until = Instant(unchecked: generatedDay.microseconds + days * Instant.day)
        var generator = try LoadGenerator(self, from: generatedDay, until: until, seed: seed)
        return try generator.take(count)
    }
}

extension LoadGenerator {
    mutating func take(_ count: Int) throws -> [UsageEvent] {
        var events: [UsageEvent] = []
        while events.count < count, let event = try next() { events.append(event) }
        return events
    }
}
