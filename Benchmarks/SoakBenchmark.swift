import Foundation
import Glibc
import PostgresWire
import Synchronization
import Taximeter
import TaximeterPostgres

/// Meter, spool, courier and store for minutes or hours at a steady rate: is the memory bounded and flat, and does
/// everything that was recorded arrive?
///
/// Events complete in a clock that runs through a day a minute, and days that are behind are dropped, so that an hour
/// needs no more disk than some minutes. What has arrived is told by the sums of the batches.
struct SoakBenchmark {
    static let rate: UInt64 = 50_000
    /// What the runtime may need at its default settings.
    static let memoryLimitKiB = 64 << 10
    private static let threads = 2
    private static let keptDays = 2

    let folder: URL
    let options: ConnectionOptions
    let minutes: Int

    /// Sums of what was recorded or stored.
    struct Sums: Hashable {
        var events: Int64 = 0
        var hit: Int64 = 0
        var miss: Int64 = 0
        var output: Int64 = 0
        var requests: Int64 = 0
    }

    private struct ReadSums: Statement {
        let producer: ProducerID
        var sql: SQL {
            """
            SELECT coalesce(sum(events), 0)::bigint, coalesce(sum(cache_hit_tokens), 0)::bigint,
                coalesce(sum(cache_miss_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint,
                coalesce(sum(requests), 0)::bigint
            FROM taximeter.ingest_batch WHERE producer_id::text = \(producer.description)
            """
        }
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Sums {
            Sums(
                events: try row.get(0), hit: try row.get(1), miss: try row.get(2), output: try row.get(3),
                requests: try row.get(4))
        }
    }

    private struct DatabaseSize: Statement {
        var sql: SQL { "SELECT pg_database_size(current_database())" }
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
    }

    func run() throws {
        let observer = try Connection.open(options)
        try observer.execute("ALTER SYSTEM SET max_wal_size = '1GB'")
        try observer.execute("SELECT pg_reload_conf()")
        let clock = SoakClock()
        Measuring.forgetPeak()
        let baseline = Measuring.memoryKiB("VmRSS")
        print("soak: \(minutes) minutes of \(Self.rate) events/s; resident before the runtime: \(baseline) KiB")

        let store = Store(options)
        let spool = try Spool(folder.appending(path: "soak").path)
        let meter = Meter(spool: spool)
        let courier = Courier(spool, to: store)
        courier.start()
        let recorders = try (0..<Self.threads).map { try SoakRecorder(meter, clock, seed: UInt64($0) + 1) }
        for recorder in recorders { recorder.start(rate: Self.rate / UInt64(Self.threads)) }

        var memory = MemoryTrend()
        var dropped = 0
        for minute in 1...minutes {
            for second in 0..<60 {
                sleep(1)
                memory.append(Measuring.memoryKiB("VmRSS"), at: (minute - 1) * 60 + second)
            }
            dropped = try drop(from: dropped, to: clock.day(of: spool.lag) - Self.keptDays, clock, observer)
            let size = try observer.query(DatabaseSize()).first ?? 0
            let lag = spool.lag
            print(
                "  minute \(minute): \(memory.last - baseline) KiB above the start, \(meter.counts.accepted) recorded, "
                    + "\(courier.counts.storedEvents) stored, \(lag.eventCount) behind, spool "
                    + "\(lag.spoolByteCount >> 20) MiB, database \(size >> 20) MiB"
                    + (courier.counts.lastFailure.map { ", last failure: \($0)" } ?? ""))
            fflush(nil)
        }
        let recorded = recorders.reduce(into: Sums()) { sums, recorder in sums.add(recorder.stop()) }
        let refused = meter.counts.refused
        try meter.close()
        let isDrained = courier.stop(drainingFor: .seconds(300))
        // The kernel's counters are a little behind each other.
        let peak = max(Measuring.memoryKiB("VmHWM"), memory.highest) - baseline
        spool.close()
        store.close()
        let stored = try observer.query(ReadSums(producer: spool.producer)).first ?? Sums()
        print("  peak: \(peak) KiB above the start, of \(Self.memoryLimitKiB); \(memory.summary)")
        print(
            "  \(recorded.events) recorded, \(refused) refused, \(stored.events) stored"
                + (isDrained ? "" : ", not drained"))
        guard isDrained, recorded == stored, Int(recorded.events) == meter.counts.accepted else {
            throw RawClient.Failure(text: "recorded \(recorded), accepted \(meter.counts.accepted), stored \(stored)")
        }
        print("  recorded = stored: events, requests and tokens of each class")
        try Self.check(peak)
    }

    private static func check(_ peak: Int) throws {
        if peak > memoryLimitKiB { throw RawClient.Failure(text: "the runtime needed more than \(memoryLimitKiB) KiB") }
    }

    /// Records until everything is full, because nobody ships: the most that a meter and its spool can need. In a process
    /// of its own, as the memory of a runtime before it would count too.
    static func fill(folder: URL) throws {
        Measuring.forgetPeak()
        let baseline = Measuring.memoryKiB("VmRSS")
        let spool = try Spool(folder.appending(path: "full").path)
        let options = MeterOptions(backPressure: .block(upTo: .seconds(1)))
        let meter = Meter(spool: spool, options: options)
        let model = try meter.model(Identifier("large"))
        let channel = try meter.channel(Identifier("api"))
        let serviceTier = try meter.serviceTier(Identifier("standard"))
        guard let instant = Instant(microseconds: 1_740_614_400_000_000) else { throw Workload.OutOfRange() }
        for number in 0..<options.nameLimit - 3 { _ = try meter.account(Identifier("customer-\(number)")) }
        var index = 0
        while meter.counts.refused == 0 {
            // Asked for again rather than kept: handles are the host's memory, not the runtime's.
            let account = try meter.account(Identifier("customer-\(index % (options.nameLimit - 3))"))
            let event = MeterEvent(
                account: account, model: model, channel: channel, serviceTier: serviceTier, startedAt: instant,
                completedAt: instant, tokens: TokenCounts(cacheHit: 900, cacheMiss: 100, output: 300))
            for _ in 0..<5 where meter.counts.refused == 0 { _ = try? meter.record(event) }
            index += 1
        }
        let peak = Measuring.memoryKiB("VmHWM") - baseline
        try? meter.close(within: .zero)
        spool.close()
        print("100,000 names, all buffers and the spool full: \(peak) KiB above the start, of \(memoryLimitKiB)")
        try check(peak)
    }

    /// Drops the partitions of days whose events are all stored.
    private func drop(from first: Int, to end: Int, _ clock: SoakClock, _ connection: Connection) throws -> Int {
        for day in first..<max(first, end) {
            try connection.runScript("DROP TABLE IF EXISTS taximeter.\(clock.partition(of: day))")
        }
        return max(first, end)
    }
}

extension SoakBenchmark.Sums {
    mutating func add(_ other: Self) {
        events += other.events
        hit += other.hit
        miss += other.miss
        output += other.output
        requests += other.requests
    }
}

/// Resident memory, second by second.
struct MemoryTrend {
    private var samples: [(second: Int, kibibytes: Int)] = []
    private(set) var last = 0
    private(set) var highest = 0

    init() { samples.reserveCapacity(4 * 3_600) }

    mutating func append(_ kibibytes: Int, at second: Int) {
        last = kibibytes
        highest = max(highest, kibibytes)
        samples.append((second, kibibytes))
    }

    /// The line through all samples but those of the first minute, in which buffers are used for the first time.
    var summary: String {
        let steady = samples.filter { $0.second >= 60 }
        guard steady.count >= 60, let lowest = steady.map(\.kibibytes).min(),
            let highest = steady.map(\.kibibytes).max()
        else { return "too short for a slope" }
        let count = Double(steady.count)
        let meanSecond = steady.reduce(0) { $0 + Double($1.second) } / count
        let meanMemory = steady.reduce(0) { $0 + Double($1.kibibytes) } / count
        let covariance = steady.reduce(0) {
            $0 + (Double($1.second) - meanSecond) * (Double($1.kibibytes) - meanMemory)
        }
        let variance = steady.reduce(0) { $0 + (Double($1.second) - meanSecond) * (Double($1.second) - meanSecond) }
        let anHour = Int((covariance / variance * 3_600).rounded())
        return "after the first minute between \(lowest) and \(highest) KiB in all, slope \(anHour) KiB an hour"
    }
}
