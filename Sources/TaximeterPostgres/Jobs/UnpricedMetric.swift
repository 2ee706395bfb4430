internal import Metrics
import PostgresWire
import Taximeter

/// The gauge `taximeter_unpriced_events`: stored events that have no price, by reason. Zero for reasons that have none,
/// so that an alert ends when its cause does.
enum UnpricedMetric {
    /// Measures the whole store; the index on unpriced charges makes that cheap.
    static func record(_ store: Store) throws {
        let rows = try store.transaction(as: .biller) { try $0.query(ReadUnpricedEvents()) }
        let events = Dictionary(rows.map { ($0.reason, $0.events) }) { first, _ in first }
        for reason in UnpricedReason.allCases.map(\.code) + PlanRater.Missing.allCases.map(\.rawValue) + [
            Charge.tooLarge
        ] {
            Gauge(label: "taximeter_unpriced_events", dimensions: [("reason", reason)], factory: store.metrics)
                .record(events[reason] ?? 0)
        }
    }
}

/// Events without a price, by reason.
struct ReadUnpricedEvents: Statement {
    struct Row {
        let reason: String
        let events: Int64
    }

    var sql: SQL {
        """
        SELECT unpriced_reason, sum(events)::bigint FROM taximeter.charge WHERE unpriced_reason IS NOT NULL GROUP BY 1
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(reason: try row.get(0), events: try row.get(1))
    }
}
