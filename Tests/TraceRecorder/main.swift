import Foundation
import Glibc
import PostgresWire
import Taximeter
import TaximeterPostgres

// Records a file's events into a spool while a courier brings them to a store: what the fault tests kill.
//
// trace-recorder SPOOL FILE MAPPING DATABASE SAID
//
// Events come in groups; each is made durable by one sync, and then said on standard output, as the number of events
// said so far. SAID of them were said by earlier lives, and are not in the file any more. Whether its first group was
// recorded nobody knows: the spool is shipped first, and then the store is asked for its ids.

/// The ids of these that are stored.
struct StoredIDs: Statement {
    let ids: [String]
    var sql: SQL { "SELECT request_id FROM taximeter.usage_event WHERE request_id = ANY(\(ids))" }
    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}

struct Recorder {
    static let groupEventCount = 1_000

    let spool: Spool
    let meter: Meter
    let courier: Courier
    let database: ConnectionOptions
    var said: Int

    init(_ folder: String, _ database: ConnectionOptions, said: Int) throws {
        spool = try Spool(folder, options: SpoolOptions(segmentByteCount: 256 << 10))
        meter = Meter(spool: spool)
        courier = Courier(
            spool, to: Store(database, connections: 1), options: Courier.Options(firstPause: .milliseconds(5)))
        self.database = database
        self.said = said
        courier.start()
    }

    mutating func record(_ events: [UsageEvent], isInDoubt: Bool) throws {
        let stored = isInDoubt ? try storedIDs(events) : []
        let rest = events.filter { !stored.contains($0.requestID.text) }
        for event in rest.dropLast() { try meter.record(handled(event), requestID: event.requestID.text) }
        if let last = rest.last { try meter.recordDurably(handled(last), requestID: last.requestID.text) }
        said += events.count
        FileHandle.standardOutput.write(Data("\(said)\n".utf8))
    }

    private func storedIDs(_ events: [UsageEvent]) throws -> Set<String> {
        while spool.lag.eventCount > 0 { usleep(1_000) }
        return Set(try Connection.open(database).query(StoredIDs(ids: events.map(\.requestID.text))))
    }

    private func handled(_ event: UsageEvent) throws -> MeterEvent {
        MeterEvent(
            account: try meter.account(event.account), model: try meter.model(event.model),
            channel: try meter.channel(event.channel), serviceTier: try meter.serviceTier(event.serviceTier),
            startedAt: event.startedAt, completedAt: event.completedAt, tokens: event.tokens, requests: event.requests)
    }

    /// Whether all of it was shipped.
    func close() throws -> Bool {
        try meter.close()
        defer { spool.close() }
        return courier.stop(drainingFor: .seconds(60))
    }
}

do {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let said = Int(arguments[5]) else { exit(64) }
    let mapping = try EventMapping.parse(String(contentsOfFile: arguments[3], encoding: .utf8), file: arguments[3])
    var reader = EventReader(.mapped(mapping))
    let file = try FileHandle(forReadingFrom: URL(filePath: arguments[2]))
    var recorder = try Recorder(arguments[1], ConnectionOptions(arguments[4]), said: said)
    var (group, isInDoubt): ([UsageEvent], Bool) = ([], true)
    func recordGroup() throws {
        if group.isEmpty { return }
        try recorder.record(group, isInDoubt: isInDoubt)
        (group, isInDoubt) = ([], false)
    }
    while let bytes = try file.read(upToCount: 1 << 16), !bytes.isEmpty {
        reader.feed(Array(bytes))
        while case .event(let event, _)? = reader.next() {
            group.append(event)
            if group.count == Recorder.groupEventCount { try recordGroup() }
        }
    }
    try recordGroup()
    exit(try recorder.close() ? 0 : 75)
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
