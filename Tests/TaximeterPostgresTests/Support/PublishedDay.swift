import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// DeepSeek's published day, as `fixtures/published-day/` has it.
enum PublishedDay {
    static let folder = Fixtures.folder.appending(path: "published-day")
    /// The day's hours, as the views take them.
    static let hours = "'2025-02-27 04:00:00+00', '2025-02-28 04:00:00+00'"

    static func book() throws -> PriceBook {
        try PriceBook.parse(
            String(contentsOf: folder.appending(path: "price-book.yaml"), encoding: .utf8), file: "price-book.yaml")
    }

    static func costs() throws -> CostFile {
        try CostFile.parse(
            String(contentsOf: folder.appending(path: "costs.yaml"), encoding: .utf8), file: "costs.yaml")
    }

    static func events() throws -> [UsageEvent] {
        try EventFile.read(Data(contentsOf: folder.appending(path: "usage.csv")), .csv)
    }

    /// A database with the day in it, recorded and run.
    static func database() throws -> TestDatabase {
        let database = try TestDatabase()
        _ = try database.store.load(book())
        _ = try database.store.load(costs())
        _ = try database.store.record(events())
        try database.store.run()
        return database
    }

    /// One for all tests that only read.
    static let shared = Result { try database() }
}

/// Event files, read as a whole.
enum EventFile {
    struct Rejected: Error {
        let rows: [RejectedRow]
    }

    /// The events of a file.
    ///
    /// - Throws: ``Rejected`` when there is a row that is none.
    static func read(_ data: Data, _ format: EventFormat) throws -> [UsageEvent] {
        var reader = EventReader(format)
        reader.feed(Array(data))
        reader.finish()
        var events: [UsageEvent] = []
        var rejected: [RejectedRow] = []
        while let row = reader.next() {
            switch row {
            case .event(let event, _): events.append(event)
            case .reversal(let reversal, _): Issue.record("\(reversal)")
            case .rejected(let row): rejected.append(row)
            }
        }
        if let fault = reader.headerFault { rejected.append(fault) }
        if !rejected.isEmpty { throw Rejected(rows: rejected) }
        return events
    }
}
