import Foundation
import Glibc
import Synchronization
import Taximeter

/// How long an event takes to become durable while 1.5 million a second do, next to syncing as many bytes each time.
struct GroupCommitBenchmark {
    static let rate: UInt64 = 1_500_000
    private static let seconds: UInt64 = 3
    private static let durableThreads = 4

    let folder: URL

    func run() throws {
        let spool = try Spool(folder.appending(path: "group").path, options: SpoolOptions(byteLimit: 4 << 30))
        let meter = Meter(spool: spool, options: MeterOptions(backPressure: .block(upTo: .seconds(60))))
        guard let instant = Instant(microseconds: 1_740_614_400_000_000) else { throw Workload.OutOfRange() }
        let event = MeterEvent(
            account: try meter.account(Identifier("acme")), model: try meter.model(Identifier("deepseek-reasoner")),
            channel: try meter.channel(Identifier("api")), serviceTier: try meter.serviceTier(Identifier("standard")),
            startedAt: instant, completedAt: instant, tokens: TokenCounts(cacheHit: 900, cacheMiss: 100, output: 300))
        let ids = (0..<1_024).map { _ in UUID().uuidString.lowercased() }
        let before = try syncs()
        let latencies = Mutex(Latencies())
        let failures = Atomic<Int>(0)
        let start = Measuring.now
        let end = start + Self.seconds * 1_000_000_000
        // Threads of their own: a queue would run no more at once than there are processors.
        onThreads(Self.durableThreads + 1) { thread in
            do {
                if thread == 0 {
                    try paced(until: end) { try meter.record(event, requestID: ids[$0 & 1_023]) }
                    return
                }
                var own = Latencies()
                while Measuring.now < end {
                    let begin = Measuring.now
                    try meter.recordDurably(event, requestID: ids[thread])
                    own.append(Measuring.now - begin)
                }
                latencies.withLock { $0.append(own) }
            } catch {
                failures.add(1, ordering: .relaxed)
            }
        }
        let durable = meter.counts.durable
        let elapsed = Double(Measuring.now - start) / 1e9
        guard failures.load(ordering: .relaxed) == 0 else { throw RawClient.Failure(text: "an event was refused") }
        try meter.close()
        spool.close()
        let after = try syncs()
        print("recordDurably, \(Self.durableThreads) threads, while another records up to \(Self.rate) events/s")
        print("  \(Measuring.text(Double(durable) / elapsed / 1e6)) M events/s durable")
        print("  \(latencies.withLock { $0.summary })")
        print("  \(before.summary)  write and fdatasync of what 5 ms bring, before")
        print("  \(after.summary)  the same, after")
    }

    private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let all = DispatchGroup()
        for index in 0..<count {
            all.enter()
            Thread {
                body(index)
                all.leave()
            }.start()
        }
        all.wait()
    }

    /// Does something at the rate, in steps of a millisecond; what was missed while others had the processor is made up.
    private func paced(until end: UInt64, _ body: (Int) throws -> Void) throws {
        let start = Measuring.now
        var done = 0
        while true {
            let now = Measuring.now
            if now >= end { return }
            let due = Int((now - start) * Self.rate / 1_000_000_000)
            while done < due {
                try body(done)
                done += 1
            }
            usleep(1_000)
        }
    }

    private func syncs() throws -> Latencies {
        let bytes = [UInt8](repeating: 7, count: Int(Self.rate) / 200 * 31)
        let file = open(folder.appending(path: "syncs").path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        var latencies = Latencies()
        for _ in 0..<200 {
            let begin = Measuring.now
            let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard written == bytes.count, fdatasync(file) == 0 else { throw RawClient.Failure(text: "a write failed") }
            latencies.append(Measuring.now - begin)
        }
        return latencies
    }
}
