import PostgresWire

/// Gives a transaction that only found what others had stored a record of its own in the server's log, so that its COMMIT
/// waits until all it has seen is as durable as its own writes would be. A transaction id alone is not waited for.
///
/// A server that crashes while it waits for a synchronous standby shows that commit after its restart, whether or not the
/// standby has it. Who answers "stored before" must not do so until it has.
enum OwnLogRecord {
    static func sql() -> SQL { "SELECT pg_logical_emit_message(true, 'taximeter', '')" }
}
