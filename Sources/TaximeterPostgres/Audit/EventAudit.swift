import PostgresWire

/// Whether every event that was taken in is where it should be, once: what producers sent, what is stored, what was
/// summed, held against each other.
public struct EventAudit: Sendable, Hashable {
    /// How much was looked at.
    public struct Totals: Sendable, Hashable {
        /// Producers that sent batches.
        public let producers: Int64
        /// Their batches.
        public let batches: Int64
        /// Stored events, reversals included.
        public let events: Int64
        /// Ids of events that were stored one by one.
        public let keys: Int64
        /// Events that were reversed.
        public let reversals: Int64
        /// Events that were set aside; they are billed to nobody.
        public let quarantined: Int64
        /// Hours that wait for a roll-up, whose buckets were not compared.
        public let hoursToRollUp: Int64
    }

    /// How much was looked at.
    public let totals: Totals
    /// How many differences there are.
    public let differences: Int
}

/// How much there is to look at.
struct ReadEventTotals: Statement {
    var sql: SQL {
        "SELECT producers, batches, events, keys, reversals, quarantined, hours_to_roll_up FROM taximeter.event_totals"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> EventAudit.Totals {
        EventAudit.Totals(
            producers: try row.get(0), batches: try row.get(1), events: try row.get(2), keys: try row.get(3),
            reversals: try row.get(4), quarantined: try row.get(5), hoursToRollUp: try row.get(6))
    }
}

extension Store {
    /// Compares what producers sent with what is stored, and what is stored with its keys and its buckets, as the reader
    /// and at one instant; the server sums, so that memory is bounded whatever the number of events.
    ///
    /// - Parameter each: Called with every difference, in no order.
    public func auditEvents(_ each: (AuditFinding) throws -> Void) throws -> EventAudit {
        try reading { connection in
            guard let totals = try connection.query(ReadEventTotals()).first else {
                throw PostgresError(.protocolViolation, "event_totals has no row")
            }
            var differences = 0
            try connection.forEach(ReadFindings.ofEvents) { finding in
                differences += 1
                try each(finding)
            }
            return EventAudit(totals: totals, differences: differences)
        }
    }
}
