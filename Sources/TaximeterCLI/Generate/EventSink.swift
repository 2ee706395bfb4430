import Foundation
import Taximeter
import TaximeterPostgres

/// Where generated events go.
protocol EventSink: AnyObject {
    /// Takes events, in order.
    func take(_ events: [UsageEvent]) throws
    /// Ends, and says what has become of all.
    func finish() throws -> IngestCounts
}

/// The store of a database.
final class StoreSink: EventSink {
    private let pipeline: RecordingPipeline
    private var counts = IngestCounts()

    init(_ store: Store) { pipeline = RecordingPipeline(store) }

    func take(_ events: [UsageEvent]) throws {
        try pipeline.record(events) { answers in
            for answer in answers.events { self.counts.add(answer) }
        }
    }

    func finish() throws -> IngestCounts {
        try pipeline.finish()
        return counts
    }
}
