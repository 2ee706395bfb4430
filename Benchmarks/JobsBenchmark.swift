import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres

/// Rolling up and rating a month of usage, next to one hand-written GROUP BY of the same events into the same buckets.
struct JobsBenchmark {
    let events: Int
    let options: ConnectionOptions

    func run() throws {
        print("rolling up and rating \(events) events of \(JobsWorkload.accounts) accounts in a month")
        try JobsWorkload(events: events).store(options)
        let connection = try Connection.open(options)
        let store = Store(options)
        _ = try store.load(PriceBook.parse(JobsWorkload.book, file: "bench.yaml"))

        // Before and after, because a machine that is shared changes speed.
        let before = try baseline(connection)
        let seconds = try stages(store, connection)
        let peak = try Self.peakMemory()
        let after = try baseline(connection)
        let groupBy = min(before.seconds, after.seconds)
        print("  whole run: \(Benchmark.hundredths(seconds)) s, \(Benchmark.hundredths(Double(events) / seconds / 1e6)) M events/s")
        print(
            "  GROUP BY into \(before.groups) groups, nothing written: \(Benchmark.hundredths(before.seconds)) s before, "
                + "\(Benchmark.hundredths(after.seconds)) s after")
        print("  ratio \(Benchmark.hundredths(seconds / groupBy)), peak memory of this process \(peak >> 10) MiB")
        let buckets = try connection.query(Count(table: "usage_bucket")).first ?? 0
        let charges = try connection.query(Count(table: "charge")).first ?? 0
        if buckets != before.groups || charges != buckets { throw DifferentBuckets(buckets: buckets, charges: charges) }
    }

    struct DifferentBuckets: Error {
        let buckets: Int64
        let charges: Int64
    }

    /// Both stages, and what they take.
    private func stages(_ store: Store, _ connection: Connection) throws -> Double {
        try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        let start = try Reading(connection)
        var between: Reading?
        let summary = try store.run { progress in
            if progress.stage == .rating, between == nil { between = try? Reading(connection) }
        }
        let end = try Reading(connection)
        print("  roll-up: \((between ?? end).since(start)), \(summary.hours) hours")
        print("  rating:  \(end.since(between ?? end)), \(summary.rating.charges) charges")
        return end.seconds - start.seconds
    }

    /// The GROUP BY that somebody would write by hand, with the settings of the jobs' own.
    private func baseline(_ connection: Connection) throws -> (groups: Int64, seconds: Double) {
        try connection.execute("SET statement_timeout = 0")
        let start = try Reading(connection)
        let groups = try connection.query(GroupBy()).first ?? 0
        return (groups, try Reading(connection).seconds - start.seconds)
    }

    /// The largest resident size since it was last reset.
    private static func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}

/// What had been used at one moment.
private struct Reading {
    let seconds = Double(DispatchTime.now().uptimeNanoseconds) / 1e9
    /// Of all threads of this process.
    let ownCPU = Double(clock()) / Double(CLOCKS_PER_SEC)
    /// Bytes of write-ahead log.
    let log: Int64

    init(_ connection: Connection) throws { log = try connection.query(LogPosition()).first ?? 0 }

    func since(_ start: Reading) -> String {
        "\(Benchmark.hundredths(seconds - start.seconds)) s (\(Benchmark.hundredths(ownCPU - start.ownCPU)) s of CPU in "
            + "this process, \((log - start.log) >> 20) MiB of log)"
    }
}

/// Everything that the buckets hold, counted so that none of the sums can be left out.
private struct GroupBy: Statement {
    var sql: SQL {
        """
        SELECT count(*), max(events), max(requests), max(hit), max(miss), max(written), max(written_1h), max(output)
        FROM (
            SELECT
                account_key, date_bin('1 hour', completed_at, '2025-01-01 00:00:00+00') AS hour,
                (completed_at AT TIME ZONE 'UTC')::time BETWEEN '00:30' AND '16:29:59.999999' AS is_day,
                model_key, channel_key, service_tier_key,
                count(*) AS events, sum(requests) AS requests, sum(cache_hit_tokens) AS hit,
                sum(cache_miss_tokens) AS miss, sum(cache_write_tokens) AS written,
                sum(cache_write_1h_tokens) AS written_1h, sum(output_tokens) AS output
            FROM taximeter.usage_event
            GROUP BY 1, 2, 3, 4, 5, 6
        ) AS bucket
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

private struct Count: Statement {
    let table: String
    var sql: SQL { "SELECT count(*) FROM taximeter.\(unsafe: table)" }
    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// Bytes of write-ahead log that were ever written.
private struct LogPosition: Statement {
    var sql: SQL { "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint" }
    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}
