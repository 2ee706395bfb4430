import Testing

@testable import Taximeter

/// What a reader made of a whole file.
struct ReadEvents: Equatable {
    var rows: [EventRow] = []
    var headerFault: RejectedRow?

    /// Reads a file that comes in these chunks, taking the rows after each.
    init(_ chunks: [[UInt8]], _ format: EventFormat) {
        var reader = EventReader(format)
        for chunk in chunks {
            reader.feed(chunk)
            while let row = reader.next() { rows.append(row) }
        }
        reader.finish()
        while let row = reader.next() { rows.append(row) }
        headerFault = reader.headerFault
    }

    init(_ bytes: [UInt8], _ format: EventFormat) { self.init([bytes], format) }

    init(_ text: String, _ format: EventFormat) { self.init(Array(text.utf8), format) }

    /// Every row in a line: `2 r-1`, the request id, for an event, `2 reverses a r-1` for a reversal, and `3 code: …`, the reason, for a reject.
    var summary: [String] {
        rows.map { row in
            switch row {
            case .event(let event, let line): "\(line) \(event.requestID)"
            case .reversal(let reversal, let line): "\(line) reverses \(reversal.account) \(reversal.requestID)"
            case .rejected(let row): "\(row.line) \(row.reason)"
            }
        } + (headerFault.map { ["header \($0.line) \($0.reason)"] } ?? [])
    }

    /// The events, in order.
    var events: [UsageEvent] {
        rows.compactMap { row in if case .event(let event, _) = row { event } else { nil } }
    }

    /// The rejected rows, in order.
    var rejects: [RejectedRow] {
        rows.compactMap { row in if case .rejected(let row) = row { row } else { nil } }
    }
}

/// The file's rows are summed up as these.
func expectRows(
    _ file: String, _ format: EventFormat, _ summary: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(ReadEvents(file, format).summary == summary, sourceLocation: sourceLocation)
}
