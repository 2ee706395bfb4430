import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@Suite final class SpoolDrainCommandTests {
    private let folder: URL
    private let producer: ProducerID
    private let database: TestDatabase

    /// What a process has left that recorded 4 batches of 5 events, and shipped none.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-spool-\(UUID().uuidString)")
        database = try TestDatabase()
        let spool = try Spool(folder.path)
        producer = spool.producer
        let meter = Meter(spool: spool, options: MeterOptions(flushInterval: .seconds(3_600)))
        let instant = try #require(Instant(rfc3339: "2025-03-01T00:00:00Z"))
        let event = MeterEvent(
            account: try meter.account(Identifier("acme")), model: try meter.model(Identifier("r1")),
            channel: try meter.channel(Identifier("api")), serviceTier: try meter.serviceTier(Identifier("standard")),
            startedAt: instant, completedAt: instant, tokens: TokenCounts(cacheMiss: 10, output: 20))
        for _ in 0..<4 {
            for _ in 0..<5 { try meter.record(event) }
            try meter.flush(within: .seconds(60))
        }
        try meter.close()
        spool.close()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func drain(_ options: String..., url: String? = nil) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            ["spool", "drain", folder.path] + options,
            environment: ["TAXIMETER_DATABASE_URL": url ?? database.address.connectionString])
    }

    private let none = "0 batches, 0 events"

    private static func report(stored: String, already: String, aside: String = "0 batches, 0 events") -> String {
        "stored       \(stored)\nhad already  \(already)\nput aside    \(aside)\n"
    }

    private func expectAllStored() throws {
        #expect(try database.psql("SELECT count(*), sum(output_tokens) FROM taximeter.usage_event") == "20|400\n")
        try database.store.run()
        #expect(try database.store.auditEvents { Issue.record("\($0)") }.differences == 0)
    }

    @Test func drainsAndDrainsAgain() throws {
        let copy = folder.appendingPathExtension("copy")
        try FileManager.default.copyItem(at: folder, to: copy)
        let all = "4 batches, 20 events"
        #expect(try drain() == .init(exitCode: 0, output: Self.report(stored: all, already: none)))
        #expect(try drain() == .init(exitCode: 0, output: Self.report(stored: none, already: none)))
        // A copy from before is recognised batch by batch.
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.moveItem(at: copy, to: folder)
        #expect(try drain() == .init(exitCode: 0, output: Self.report(stored: none, already: all)))
        try expectAllStored()
    }

    /// The connection dies in the third batch's COMMIT, again and again, until the server is well.
    @Test func aDatabaseThatStopsHalfWay() throws {
        try database.psql(
            """
            CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF NEW.sequence > 2 THEN
                    PERFORM pg_terminate_backend(pg_backend_pid());
                    PERFORM pg_sleep(10);
                END IF;
                RETURN NULL;
            END
            $$;
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON taximeter.ingest_batch DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION public.die();
            """)
        let half = try drain("--within", "2")
        #expect(half.exitCode == 75)
        #expect(half.output.hasPrefix(Self.report(stored: "2 batches, 10 events", already: none)), "\(half)")
        #expect(half.output.contains("\nleft         10 events\nlast failure "), "\(half)")
        #expect(try database.psql("SELECT count(*) FROM taximeter.ingest_batch") == "2\n")
        try database.psql("DROP TRIGGER die ON taximeter.ingest_batch")
        let rest = try drain()
        #expect(rest == .init(exitCode: 0, output: Self.report(stored: "2 batches, 10 events", already: none)))
        try expectAllStored()
    }

    @Test func aDatabaseThatIsNotThere() throws {
        let nowhere = try drain("--within", "1", url: "host=\(folder.path) dbname=none")
        #expect(nowhere.exitCode == 75)
        #expect(nowhere.output.contains("\nleft         20 events\nlast failure PostgreSQL "), "\(nowhere)")
        #expect(try drain().exitCode == 0)
        try expectAllStored()
    }

    /// A server that takes everything and says nothing does not hold the command longer than it was told.
    @Test func aDatabaseThatDoesNotAnswer() throws {
        let proxy = try FaultProxy(database.address)
        defer { proxy.stop() }
        proxy.hold(true)
        let result = try CommandLineTool.run(
            ["spool", "drain", folder.path, "--within", "1", "--database-url", proxy.address.connectionString],
            within: 45)
        #expect(result.exitCode == 75)
        #expect(result.output.contains("\nleft         20 events\n"), "\(result)")
        proxy.hold(false)
        #expect(try drain().exitCode == 0)
        try expectAllStored()
    }

    /// Whose process still records ships it itself.
    @Test func aSpoolInUseIsRefused() throws {
        let spool = try Spool(folder.path)
        #expect(
            try drain()
                == .init(
                    exitCode: 75, output: "",
                    errors: "taximeter: spool \(folder.path): is open elsewhere; a spool has one process at a time\n"))
        spool.close()
        #expect(try drain().exitCode == 0)
        try expectAllStored()
    }

    /// Another batch is stored in the second one's place: it is put aside with the reason, and the others go on.
    @Test func aBatchThatIsPutAside() throws {
        let empty = EventBatch(producer: producer, sequence: 2, block: EventBlock())
        #expect(try database.store.store(empty) == .stored)
        let result = try drain()
        #expect(result.exitCode == 65)
        let report = Self.report(stored: "3 batches, 15 events", already: none, aside: "1 batches, 5 events")
        #expect(result.output.hasPrefix(report), "\(result)")
        let reason = folder.appending(path: "quarantine/batch-000000000002.reason")
        #expect(
            try String(contentsOf: reason, encoding: .utf8)
                == "another batch is stored under \(producer), sequence 2\n")
        #expect(try database.store.auditEvents { Issue.record("\($0)") }.differences == 0)
    }

    @Test(arguments: [
        (["--within", "0"], "--within must be from 1 to 86400 seconds"),
        (["--within", "soon"], "is invalid for '--within"),
    ])
    func faults(_ options: [String], _ message: String) throws {
        let result = try CommandLineTool.run(["spool", "drain", folder.path] + options)
        #expect(result.exitCode == 64 && result.errors.contains(message), "\(result)")
    }
}
