import Foundation
import Glibc
import PostgresWire
import Taximeter
import TaximeterPostgres

/// Rolling up and rating a month of usage, next to one hand-written GROUP BY of the same events into the same buckets.
struct JobsBenchmark {
    let events: Int
    private var options: ConnectionOptions

    /// - Parameter events: What is done to tens of millions takes longer than any statement is otherwise given.
    init(events: Int, options: ConnectionOptions) {
        self.events = events
        self.options = options
        self.options.statementTimeoutMilliseconds = 0
    }

    func run() throws {
        print("rolling up and rating \(events) events of \(JobsWorkload.accounts) accounts in a month")
        try JobsWorkload(events: events).store(options)
        let connection = try Connection.open(options)
        let store = Store(options)
        _ = try store.load(PriceBook.parse(JobsWorkload.book, file: "bench.yaml"))

        // Before and after, because a machine that is shared changes speed.
        let before = try baseline(connection)
        let whole = try stages(store, connection)
        let peak = Measuring.memoryKiB("VmHWM")
        let after = try baseline(connection)
        let groupBy = min(before.seconds, after.seconds)
        let speed = Benchmark.hundredths(Double(events) / whole.seconds / 1e6)
        print("  roll-up and rating: \(Benchmark.hundredths(whole.seconds)) s, \(speed) M events/s")
        print(
            "  GROUP BY into \(before.groups) groups, nothing written: \(Benchmark.hundredths(before.seconds)) s before, "
                + "\(Benchmark.hundredths(after.seconds)) s after, CPU \(Benchmark.hundredths(min(before.cpu, after.cpu))) s"
        )
        let cpu = whole.cpu / min(before.cpu, after.cpu)
        print(
            "  ratio \(Benchmark.hundredths(whole.seconds / groupBy)), of CPU time \(Benchmark.hundredths(cpu)), "
                + "peak memory of this process \(peak >> 10) MiB")
        let buckets = try connection.query(Count(table: "usage_bucket")).first ?? 0
        let charges = try connection.query(Count(table: "charge")).first ?? 0
        if buckets != before.groups || charges != buckets { throw DifferentBuckets(buckets: buckets, charges: charges) }
    }

    struct DifferentBuckets: Error {
        let buckets: Int64
        let charges: Int64
    }

    /// All stages, each told when it has ended, and what roll-up and rating take.
    private func stages(_ store: Store, _ connection: Connection) throws -> Usage {
        Measuring.forgetPeak()
        let start = try Reading(connection)
        var begun = [(stage: RunProgress.Stage.rollUp, at: start)]
        try store.run { progress in
            guard let last = begun.last, last.stage != progress.stage, let now = try? Reading(connection) else {
                return
            }
            print("  \(last.stage): \(now.since(last.at).text)")
            fflush(nil)
            begun.append((progress.stage, now))
        }
        guard let margins = begun.last, margins.stage == .margins else { throw StagesMissing() }
        print("  \(margins.stage): \(try Reading(connection).since(margins.at).text), not in the ratio")
        return margins.at.since(start)
    }

    struct StagesMissing: Error {}

    /// The GROUP BY that somebody would write by hand, with the settings of the jobs' own.
    private func baseline(_ connection: Connection) throws -> (groups: Int64, seconds: Double, cpu: Double) {
        try connection.runScript("SET work_mem = '128MB'")
        let start = try Reading(connection)
        let groups = try connection.query(GroupBy()).first ?? 0
        let usage = try Reading(connection).since(start)
        return (groups, usage.seconds, usage.cpu)
    }
}

/// What had been used at one moment.
private struct Reading {
    private let clock = DispatchTime.now()
    private let ownCPU = Double(Glibc.clock()) / Double(CLOCKS_PER_SEC)
    private let serverCPU: Double
    private let log: Int64

    init(_ connection: Connection) throws {
        log = try connection.query(LogPosition()).first ?? 0
        serverCPU = try Self.serverCPU(connection)
    }

    func since(_ start: Reading) -> Usage {
        Usage(
            seconds: Double(clock.uptimeNanoseconds - start.clock.uptimeNanoseconds) / 1e9,
            ownCPU: ownCPU - start.ownCPU, serverCPU: serverCPU - start.serverCPU, log: log - start.log)
    }

    /// Seconds that all processes of the server have used, those that have ended too: the postmaster's children, and what
    /// it has waited for (proc(5), fields of `stat` after the name in parentheses).
    private static func serverCPU(_ connection: Connection) throws -> Double {
        func fields(_ process: String) -> [Int] {
            let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            return text?.split(separator: ")").last?.split(separator: " ").map { Int($0) ?? 0 } ?? []
        }
        let postmaster = fields(String(try connection.query(BackendID()).first ?? 0)).dropFirst().first ?? 0
        var ticks = fields(String(postmaster)).dropFirst(11).prefix(4).reduce(0, +)
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
            let fields = fields(process)
            if fields.count > 12, fields[1] == postmaster { ticks += fields[11] + fields[12] }
        }
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// What was used between two moments.
private struct Usage {
    let seconds: Double
    /// Of all threads of this process.
    let ownCPU: Double
    /// Of all processes of the server.
    let serverCPU: Double
    /// Bytes of write-ahead log.
    let log: Int64

    var cpu: Double { ownCPU + serverCPU }
    var text: String {
        "\(Benchmark.hundredths(seconds)) s, CPU \(Benchmark.hundredths(ownCPU)) s here and "
            + "\(Benchmark.hundredths(serverCPU)) s in the server, \(log >> 20) MiB of log"
    }
}

private struct BackendID: Statement {
    var sql: SQL { "SELECT pg_backend_pid()::bigint" }
    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
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
