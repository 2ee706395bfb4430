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
    private let store: Store
    private var counts = IngestCounts()

    init(_ store: Store) { self.store = store }

    func take(_ events: [UsageEvent]) throws {
        for answer in try store.record(events) {
            switch answer {
            case .accepted: counts.accepted += 1
            case .duplicate: counts.duplicates += 1
            case .conflict: counts.conflicts += 1
            case .tooOldToCheck: counts.rejected += 1
            }
        }
    }

    func finish() -> IngestCounts { counts }
}
