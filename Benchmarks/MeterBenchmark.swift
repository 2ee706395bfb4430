import Foundation
import Synchronization
import Taximeter

/// Recording an event, next to appending the same values to an array behind a lock.
struct MeterBenchmark {
    private let folder: URL
    private static let count = 2_000_000

    init(_ folder: URL) { self.folder = folder }

    private struct Plain {
        let account, model, channel, serviceTier: Int32
        let startedAt, completedAt: Int64
        let tokens: TokenCounts
        let requests: Int64
        let requestID: String
    }

    func run() throws {
        let spool = try Spool(folder.appending(path: "meter").path, options: SpoolOptions(byteLimit: 4 << 30))
        let meter = Meter(
            spool: spool, options: MeterOptions(backPressure: .block(upTo: .seconds(60)), bufferedEventCount: 1 << 20))
        guard let instant = Instant(microseconds: 1_740_614_400_000_000) else { throw Workload.OutOfRange() }
        let event = MeterEvent(
            account: try meter.account(Identifier("acme")), model: try meter.model(Identifier("deepseek-reasoner")),
            channel: try meter.channel(Identifier("api")), serviceTier: try meter.serviceTier(Identifier("standard")),
            startedAt: instant, completedAt: instant, tokens: TokenCounts(cacheHit: 900, cacheMiss: 100, output: 300))
        func makeIDs() -> [String] { (0..<1_024).map { _ in UUID().uuidString.lowercased() } }
        let ids = makeIDs()
        // Threads that share texts would count references to them against each other.
        let others = makeIDs()
        @Sendable func record(_ count: Int, _ ids: [String]) -> Int {
            var recorded = 0
            for index in 0..<count {
                if (try? meter.record(event, requestID: ids[index & 1_023])) != nil { recorded += 1 }
            }
            return recorded
        }
        let events = Mutex<[Plain]>([])
        events.withLock { $0.reserveCapacity(Self.count) }
        @Sendable func append(_ count: Int) -> Int {
            for index in 0..<count {
                events.withLock {
                    $0.append(
                        Plain(
                            account: 1, model: 1, channel: 1, serviceTier: 1, startedAt: instant.microseconds,
                            completedAt: instant.microseconds, tokens: event.tokens, requests: 1,
                            requestID: ids[index & 1_023]))
                }
            }
            return count
        }
        // 200,000 are not yet a flush: the flusher, which needs a processor too, does its work outside.
        try Benchmark(
            name: "record, one thread, 200,000 at a time: checked, into memory", unit: "events", runs: 25,
            prepare: { try meter.flush(within: .seconds(60)) }, subject: { record(200_000, ids) },
            baselineName: "append to an array behind a lock, unchecked",
            baseline: {
                events.withLock { $0.removeAll(keepingCapacity: true) }
                return append(200_000)
            }
        ).run()
        try Benchmark(
            name: "record, two threads, 200,000 at a time", unit: "events", runs: 25,
            prepare: { try meter.flush(within: .seconds(60)) },
            subject: { onTwoThreads { record(100_000, $0 == 0 ? ids : others) } },
            baselineName: "one thread", baseline: { record(200_000, ids) }
        ).run()
        try Benchmark(
            name: "record, sustained: one thread records, the flusher encodes, writes and syncs", unit: "events",
            runs: 3, prepare: { try meter.flush(within: .seconds(60)) },
            subject: {
                let count = record(Self.count, ids)
                try meter.flush(within: .seconds(60))
                return count
            },
            baselineName: "append to an array behind a lock, unchecked",
            baseline: {
                events.withLock { $0.removeAll(keepingCapacity: true) }
                return append(Self.count)
            }
        ).run()
        try meter.close()
        spool.close()
    }

    private func onTwoThreads(_ body: @escaping @Sendable (Int) -> Int) -> Int {
        let total = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 2) { total.add(body($0), ordering: .relaxed) }
        return total.load(ordering: .relaxed)
    }
}
