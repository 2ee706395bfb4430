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
        try scaling(meter) { record($0, $1 == 0 ? ids : others) }
        try meter.close()
        spool.close()
        try sustained(event: event, ids) {
            events.withLock { $0.removeAll(keepingCapacity: true) }
            return append(Self.count)
        }
    }

    /// Two threads next to one, and what two processors give at that moment: the best of many short runs, because on a
    /// machine that others use too a thread may be without a processor for a while.
    private func scaling(_ meter: Meter, _ record: @escaping @Sendable (Int, Int) -> Int) throws {
        let count = 40_000
        var (one, two, busyOne, busyTwo) = (UInt64.max, UInt64.max, UInt64.max, UInt64.max)
        let ended = Atomic<Int>(0)
        for _ in 0..<250 {
            try meter.flush(within: .seconds(60))
            var start = Measuring.now
            ended.add(record(count, 0), ordering: .relaxed)
            one = min(one, Measuring.now - start)
            try meter.flush(within: .seconds(60))
            two = min(two, Measuring.onTwoThreads { ended.add(record(count / 2, $0), ordering: .relaxed) })
            start = Measuring.now
            ended.add(Self.busy(count * 25) & 1, ordering: .relaxed)
            busyOne = min(busyOne, Measuring.now - start)
            busyTwo = min(
                busyTwo,
                Measuring.onTwoThreads { _ in
                    ended.add(Self.busy(count / 2 * 25) & 1, ordering: .relaxed)
                })
        }
        print("record, one thread and two, the best of 250 runs of \(count) events")
        print("  \(Measuring.text(Double(one) / Double(count))) ns an event on one thread")
        print("  ratio \(Measuring.text(Double(one) / Double(two)))  two threads to one")
        print("  ratio \(Measuring.text(Double(busyOne) / Double(busyTwo)))  the same for loops that share nothing")
    }

    private static func busy(_ count: Int) -> Int {
        var value = count
        for index in 0..<count { value = (value &* 6_364_136_223_846_793_005) ^ index }
        return value
    }

    /// A meter as it is by default, with more events than its buffers hold.
    private func sustained(event: MeterEvent, _ ids: [String], baseline: @escaping () -> Int) throws {
        let spool = try Spool(folder.appending(path: "sustained").path, options: SpoolOptions(byteLimit: 4 << 30))
        let meter = Meter(spool: spool, options: MeterOptions(backPressure: .block(upTo: .seconds(60))))
        var event = event
        event.account = try meter.account(Identifier("acme"))
        event.model = try meter.model(Identifier("deepseek-reasoner"))
        event.channel = try meter.channel(Identifier("api"))
        event.serviceTier = try meter.serviceTier(Identifier("standard"))
        var processor: UInt64 = 0
        var recorded = 0
        try Benchmark(
            name: "record, sustained: one thread records, the flusher encodes, writes and syncs", unit: "events",
            runs: 5, prepare: { try meter.flush(within: .seconds(60)) },
            subject: {
                let before = Measuring.processorNanoseconds
                for index in 0..<Self.count { try meter.record(event, requestID: ids[index & 1_023]) }
                try meter.flush(within: .seconds(60))
                processor += Measuring.processorNanoseconds - before
                recorded += Self.count
                return Self.count
            },
            baselineName: "append to an array behind a lock, unchecked", baseline: baseline
        ).run()
        let each = Double(processor) / Double(max(recorded, 1))
        print(
            "  \(Measuring.text(each)) ns of processor an event, both threads and the kernel together: "
                + "\(Measuring.text(1_000 / each)) M events/s a core")
        try meter.close()
        spool.close()
    }
}
