#if Server
import Foundation
import Glibc
import Synchronization
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// What was answered is stored, and what is given again counts once: with a real process that is ended while it works.
@Suite struct KilledServerTests {
    /// Clients that give numbered batches, each again and again until it is answered.
    private final class Clients: Sendable {
        static let count = 3
        static let batchSize = 20
        private let isStopped = Atomic<Bool>(false)
        private let answered = Mutex([Int](repeating: 0, count: count))
        private let running = DispatchGroup()

        var batches: [Int] { answered.withLock { $0 } }

        func start(port: UInt16, token: String) {
            for client in 0..<Self.count {
                running.enter()
                Thread.detachNewThread { [self] in
                    while !isStopped.load(ordering: .relaxed) { give(client, port, token) }
                    running.leave()
                }
            }
        }

        /// Gives the next batch of a client, once.
        private func give(_ client: Int, _ port: UInt16, _ token: String) {
            let number = batches[client]
            let rows = (0..<Self.batchSize).map { place in
                """
                {"account":"client-\(client)","request_id":"\(number)-\(place)","model":"m",\
                "completed_at":"2025-02-27T16:30:00Z","output_tokens":\(place + 1)}
                """
            }
            guard let connection = try? HTTPConnection(port: port),
                (try? connection.send(
                    HTTPConnection.request(
                        "POST", "/v1/events", token: token, body: "[\(rows.joined(separator: ","))]"))) != nil,
                let answer = try? connection.answer(), answer.status == 200
            else {
                usleep(20_000)
                return
            }
            answered.withLock { $0[client] += 1 }
        }

        func stop() {
            isStopped.store(true, ordering: .relaxed)
            running.wait()
        }
    }

    /// Every batch that was answered is there, each event once, and the audit finds nothing. A batch that was under way at
    /// the very end was given again, or is the next.
    private func audit(_ database: TestDatabase, _ clients: Clients) throws {
        for (client, batches) in clients.batches.enumerated() {
            let row = try database.psql(
                """
                SELECT count(*), count(DISTINCT e.request_id), sum(output_tokens)
                FROM taximeter.usage_event AS e JOIN taximeter.account AS a USING (account_key)
                WHERE a.external_id = 'client-\(client)'
                """
            ).trimmingCharacters(in: .newlines)
            let events = batches * Clients.batchSize
            let tokens = batches * (1...Clients.batchSize).reduce(0, +)
            #expect(row == "\(events)|\(events)|\(tokens)")
            #expect(batches > 0)
        }
        for arguments in [["run"], ["audit", "events"]] {
            let result = try CommandLineTool.run(
                arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
            #expect(result.exitCode == 0, "\(result)")
        }
    }

    @Test func killedInTheMiddleAgainAndAgain() async throws {
        try await withSeed { generator in
            var server = try ServedDatabase()
            let (database, port) = (server.database, server.port)
            let clients = Clients()
            clients.start(port: port, token: try server.token([.ingest]))
            for _ in 0..<6 {
                usleep(.random(in: 50_000...400_000, using: &generator))
                #expect(server.end(with: SIGKILL) == 137)
                server = try ServedDatabase(port: port, of: database)
            }
            usleep(200_000)
            clients.stop()
            try audit(database, clients)
        }
    }

    /// A signal to end: what is under way is answered, and nothing new is taken.
    @Test(arguments: [SIGTERM, SIGINT]) func endedGracefully(_ signal: Int32) throws {
        let server = try ServedDatabase()
        let token = try server.token([.ingest])
        let row = { (id: String) in
            "{\"account\":\"acme\",\"request_id\":\"\(id)\",\"model\":\"m\","
                + "\"completed_at\":\"2025-02-27T16:30:00Z\",\"output_tokens\":1}"
        }
        #expect(try server.send("POST", "/v1/events", token: token, body: row("1")).status == 200)
        // Somebody holds what storing needs, so that the next request is under way for a while.
        let database = server.database
        let holder = Mutex<String?>(nil)
        let held = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let out = try? database.psql(
                "BEGIN; LOCK TABLE taximeter.event_key; SELECT pg_sleep(3); COMMIT;")
            holder.withLock { $0 = out }
            held.signal()
        }
        while try database.psql(
            "SELECT count(*) FROM pg_locks WHERE relation = 'taximeter.event_key'::regclass "
                + "AND mode = 'AccessExclusiveLock' AND granted") == "0\n"
        { usleep(10_000) }
        let idle = try HTTPConnection(port: server.port)
        let connection = try HTTPConnection(port: server.port)
        try connection.send(HTTPConnection.request("POST", "/v1/events", token: token, body: row("2")))
        while try database.psql(
            "SELECT count(*) FROM pg_locks WHERE relation = 'taximeter.event_key'::regclass AND NOT granted")
            == "0\n"
        { usleep(10_000) }
        server.send(signal)
        try idle.waitForEnd()
        #expect(throws: HTTPConnection.Failed.self) { _ = try HTTPConnection(port: server.port) }
        #expect(try connection.answer()?.status == 200)
        #expect(server.end(with: 0) == 0)
        held.wait()
        #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "2\n")
    }

    /// Without a database nothing is taken, and it says so; afterwards it goes on.
    @Test func withoutTheSchemaItIsNotReady() throws {
        let server = try ServedDatabase()
        #expect(try server.send("GET", "/readyz").status == 200)
        try server.database.psql(
            "INSERT INTO taximeter.schema_migration (version, name, checksum) VALUES (9999, 'later', 'x')")
        let answer = try server.send("GET", "/readyz")
        #expect(answer.status == 503 && answer.json["detail"] as? String != nil, "\(answer)")
        #expect(try server.send("GET", "/healthz").status == 200)
        try server.database.psql("DELETE FROM taximeter.schema_migration WHERE version = 9999")
        #expect(try server.send("GET", "/readyz").status == 200)
    }
}
#endif
