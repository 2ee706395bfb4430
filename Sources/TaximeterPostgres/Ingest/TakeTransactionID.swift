import PostgresWire

/// Gives a transaction that only found what others had stored a commit record of its own, so that its COMMIT waits until
/// all it has seen is as durable as its own writes would be.
///
/// A server that crashes while it waits for a synchronous standby shows that commit after its restart, whether or not the
/// standby has it. Who answers "stored before" must not do so until it has.
enum TakeTransactionID {
    static func sql() -> SQL { "SELECT pg_current_xact_id()" }
}
