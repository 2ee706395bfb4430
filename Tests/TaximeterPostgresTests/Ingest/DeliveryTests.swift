import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// What a courier is told of each thing that can become of a batch: refused is for ever, so it is said only of what the
/// batch itself is to blame for.
@Suite struct DeliveryTests {
    private enum Outcome { case stored, alreadyStored, unknown, refused }

    private static func outcome(_ delivery: Delivery) -> Outcome {
        switch delivery {
        case .stored: .stored
        case .alreadyStored: .alreadyStored
        case .unknown: .unknown
        case .refused: .refused
        }
    }

    private static func batch(_ sequence: Int64 = 1) throws -> EventBatch {
        var generator = SeededGenerator(seed: 1)
        return try TestProducer().batch(sequence, events: 5, &generator)
    }

    @Test func batches() throws {
        let database = try TestDatabase()
        let batch = try Self.batch()
        #expect(database.store.deliver(batch) == .stored)
        #expect(database.store.deliver(batch) == .alreadyStored)
        let other = batch.with { $0.rows[0].tokens.output += 1 }
        #expect(
            database.store.deliver(other)
                == .refused("another batch is stored under \(batch.producer), sequence 1"))
        #expect(Self.outcome(database.store.deliver(try Self.batch(0))) == .refused)
        // A bad event is set aside by itself, and does not have its batch refused.
        let poisoned = try Self.batch(2).with { $0.rows[0].requests = 0 }
        #expect(database.store.deliver(poisoned) == .stored)
        #expect(try database.psql("SELECT events, quarantined FROM taximeter.event_totals") == "9|1\n")
        #expect(try database.audit() == "")
    }

    /// By what the server answers (SQLSTATEs: PostgreSQL's manual, appendix A).
    @Test func serverErrors() throws {
        let cases: [(state: String, outcome: Outcome)] = [
            ("22003", .refused), ("22021", .refused), ("22P03", .refused), ("23502", .refused), ("23514", .refused),
            ("25006", .unknown), ("40001", .unknown), ("42501", .unknown), ("42P01", .unknown), ("53100", .unknown),
            ("53200", .unknown), ("53300", .unknown), ("55P03", .unknown), ("57014", .unknown), ("57P01", .unknown),
            ("58030", .unknown), ("P0001", .unknown), ("XX000", .unknown), ("XX001", .unknown),
        ]
        let database = try TestDatabase()
        let batch = try Self.batch()
        for (state, outcome) in cases {
            try database.psql(
                """
                CREATE OR REPLACE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'as the test wants it' USING ERRCODE = '\(state)'; END $$;
                CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON taximeter.ingest_batch
                FOR EACH ROW EXECUTE FUNCTION public.fail()
                """)
            let delivery = database.store.deliver(batch)
            #expect(Self.outcome(delivery) == outcome, "\(state): \(delivery)")
            #expect("\(delivery)".contains(state), "\(delivery)")
        }
        // None of them was stored, and none of them stands in the way of the batch.
        try database.psql("DROP TRIGGER fail ON taximeter.ingest_batch")
        #expect(database.store.deliver(batch) == .stored)
        #expect(try database.storedSums() == sums(of: [batch]))
    }

    /// A store that cannot be reached, that is not there yet, or that was closed: the batch waits.
    @Test func withoutAStore() throws {
        let batch = try Self.batch()
        let empty = try TestCluster.shared().createDatabase()
        let closed = Store(try TestDatabase().options)
        closed.close()
        let stores = [
            Store(ConnectionOptions("host=/nonexistent")), Store(ConnectionOptions(empty.connectionString)), closed,
        ]
        for store in stores { #expect(Self.outcome(store.deliver(batch)) == .unknown) }
        // Once its owner has migrated it, the same store takes it.
        try Store.migrate(ConnectionOptions(empty.connectionString))
        #expect(stores[1].deliver(batch) == .stored)
    }
}
