import Taximeter
import TaximeterPostgres

/// The published day's data, which travel in the binary, taken through the whole pipeline.
struct PublishedDay {
    /// 2025-02-27 12:00 (UTC+8).
    let from: Instant
    /// 2025-02-28 12:00 (UTC+8).
    let until: Instant
    let summary: String

    static func load(into store: Store) throws -> PublishedDay {
        let book = try PriceBook.parse(text("price-book.yaml"), file: "price-book.yaml")
        let costs = try CostFile.parse(text("costs.yaml"), file: "costs.yaml")
        _ = try store.load(book)
        _ = try store.load(costs)
        let answers = try store.record(events())
        let run = try store.run()
        guard let from = costs.occupancy.map(\.from).min(), let until = costs.occupancy.map(\.until).max() else {
            throw InputError(file: "costs.yaml", problem: "has no occupancy")
        }
        let invoices = try bill(from, store)
        let accepted = Figures.count(String(answers.count { $0 == .accepted }))
        return PublishedDay(
            from: from, until: until,
            summary: "\(accepted) events accepted, \(RunCommand.text(run)), \(invoices) invoices.")
    }

    /// Bills the month that the day is in, as it would have been a day after its end.
    private static func bill(_ from: Instant, _ store: Store) throws -> Int {
        guard let month = BillingMonth(String("\(from)".prefix(7))),
            let later = month.firstDayAfter.startUTC.advanced(byMicroseconds: Instant.day)
        else { throw InputError(file: "costs.yaml", problem: "has no month") }
        var options = BillOptions()
        options.finalizes = true
        return try store.bill(month, options, at: later).sums.values.reduce(0) { $0 + $1.invoices }
    }

    private static func events() throws -> [UsageEvent] {
        var reader = EventReader(.csv)
        reader.feed(Array(try text("usage.csv").utf8))
        reader.finish()
        var events: [UsageEvent] = []
        while let row = reader.next() {
            switch row {
            case .event(let event, _): events.append(event)
            case .reversal(let reversal, let line):
                throw InputError(file: "usage.csv:\(line)", problem: "reverses \(reversal.requestID)")
            case .rejected(let row):
                throw InputError(file: "usage.csv:\(row.line)", problem: row.reason.description)
            }
        }
        return events
    }

    private static func text(_ name: String) throws -> String {
        guard let file = EmbeddedText.files.first(where: { $0.path == "fixtures/published-day/\(name)" }) else {
            throw InputError(file: name, problem: "is not in this build")
        }
        return file.text
    }
}
