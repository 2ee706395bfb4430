import Foundation
import TestKit
import Testing

@testable import Taximeter

/// The published day's fixtures, read without the code under test.
enum PublishedDay {
    /// One hour of `hourly-income.csv`.
    struct Hour {
        let start: Instant
        let income: Int128
        let cost: Int
    }

    /// 2025-02-27T12:00:00+08:00.
    static let start: Int64 = 1_740_628_800_000_000

    static func text(_ name: String) throws -> String {
        try String(contentsOf: Fixtures.folder.appending(path: "published-day/\(name)"), encoding: .utf8)
    }

    /// The 24 hours, from noon in China to noon.
    static func hours() throws -> [Hour] {
        let rows = try text("hourly-income.csv").split(separator: "\n").dropFirst(2)
        return try rows.enumerated().map { index, row in
            let fields = row.split(separator: ",")
            try #require(fields.count == 3)
            #expect(Int(fields[0]) == (12 + index) % 24)
            return Hour(
                start: Instant(unchecked: start + Int64(index) * Instant.hour),
                income: try #require(Int128(fields[1])), cost: try #require(Int(fields[2])))
        }
    }
}
