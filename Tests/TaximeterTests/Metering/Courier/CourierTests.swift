import TestKit
import Testing

@testable import Taximeter

/// A store in memory that fails when told to.
final class MemorySink: BatchSink {
    struct State {
        var batches: [Int64: EventBatch] = [:]
        var deliveries = 0
        /// What the next deliveries answer, after doing what they should when the flag is set.
        var answers: [(delivery: Delivery, isStored: Bool)] = []
        var refused: Set<Int64> = []
    }

    let state = Monitor(State())

    func deliver(_ batch: EventBatch) -> Delivery {
        state.withLock { state in
            state.deliveries += 1
            if state.refused.contains(batch.sequence) { return .refused("account 7 is no account") }
            let answer = state.answers.isEmpty ? nil : state.answers.removeFirst()
            if let answer, !answer.isStored { return answer.delivery }
            let isNew = state.batches.updateValue(batch, forKey: batch.sequence) == nil
            return answer?.delivery ?? (isNew ? .stored : .alreadyStored)
        }
    }
}

@Suite struct CourierTests {
    private static let options = Courier.Options(firstPause: .milliseconds(1), longestPause: .milliseconds(5))

    private static func spool(_ files: FaultyFiles, batches: Int) throws -> Spool {
        let spool = try Spool("/s", options: SpoolOptions(segmentByteCount: 400), files: files)
        for number in 0..<batches { _ = try spool.commit([.numbered(number + 1)], sealedAt: testInstant) }
        return spool
    }

    @Test func drainsInOrder() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files, batches: 20)
        let sink = MemorySink()
        sink.state.withLock {
            $0.answers = [(.unknown("cut"), false), (.unknown("answer lost"), true), (.unknown("cut"), false)]
        }
        let courier = Courier(spool, to: sink, options: Self.options)
        #expect(courier.drain(within: .seconds(60)))
        #expect(sink.state.withLock { $0.batches.count } == 20)
        let counts = courier.counts
        #expect(counts.storedBatches == 19 && counts.duplicateBatches == 1 && counts.failures == 3)
        #expect(counts.storedEvents + counts.duplicateEvents == 40 && counts.lastFailure == nil)
        #expect(spool.lag.eventCount == 0 && spool.lag.oldestSealedAt == nil)
        spool.close()
        // All of it was shipped, and that is known for ever.
        let again = try Spool("/s", options: SpoolOptions(), files: files)
        #expect(again.lag.acknowledged == 20)
        again.close()
    }

    /// A batch that the store never takes lies aside with its reason, readable; the others go on.
    @Test func refusedBatchesAreQuarantined() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files, batches: 5)
        let sink = MemorySink()
        sink.state.withLock { $0.refused = [2, 5] }
        let courier = Courier(spool, to: sink, options: Self.options)
        #expect(courier.drain(within: .seconds(60)))
        #expect(sink.state.withLock { $0.batches.keys.sorted() } == [1, 3, 4])
        #expect(courier.counts.quarantinedBatches == 2 && courier.counts.quarantinedEvents == 4)
        #expect(courier.counts.storedEvents + courier.counts.quarantinedEvents == 10)
        #expect(try Quarantine(folder: "/s", files: files).batchCount() == 2)
        let kept = try #require(files.bytes("/s/quarantine/batch-000000000002.spool"))
        var scan = SegmentScan(kept)
        #expect(scan.head?.producer == spool.producer)
        guard case .batch(let frame, let offset)? = scan.next() else {
            Issue.record("no batch")
            return
        }
        let payload = offset + SpoolFrame.headByteCount..<offset + frame.byteCount
        #expect(try EventBlock(decoding: kept, payload) == .numbered(2))
        #expect(files.bytes("/s/quarantine/batch-000000000002.reason") == Array("account 7 is no account\n".utf8))
        spool.close()
    }

    /// While it runs, what is recorded is shipped; it stops when asked to, and drains first.
    @Test func shipsWhatComes() throws {
        let spool = try Self.spool(FaultyFiles(), batches: 0)
        let sink = MemorySink()
        let courier = Courier(spool, to: sink, options: Self.options)
        courier.start()
        for number in 1...50 { _ = try spool.commit([.numbered(number)], sealedAt: testInstant) }
        #expect(courier.stop(drainingFor: .seconds(60)))
        #expect(sink.state.withLock { $0.batches.keys.sorted() } == Array(1...50))
        spool.close()
    }

    /// A store that never answers well: stopping ends at its deadline, and everything is still there.
    @Test func stoppingHasADeadline() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files, batches: 3)
        let sink = MemorySink()
        sink.state.withLock { $0.answers = Array(repeating: (.unknown("down"), false), count: 100_000) }
        let courier = Courier(spool, to: sink, options: Self.options)
        courier.start()
        #expect(!courier.stop(drainingFor: .milliseconds(50)))
        #expect(courier.counts.lastFailure == "down")
        #expect(spool.lag.eventCount == 6 && spool.lag.age(at: testInstant) == 0)
        #expect(spool.lag.age(at: Instant(unchecked: testInstant.microseconds + 5)) == 5)
        spool.close()
    }

    /// Two couriers on copies of one spool, and a third on a copy from before: each batch once.
    @Test func copiesOfASpoolCountOnce() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files, batches: 10)
        let copies = (0..<2).map { _ in FaultyFiles() }
        for copy in copies { for path in files.paths { copy.put(path, files.bytes(path)) } }
        let sink = MemorySink()
        #expect(Courier(spool, to: sink, options: Self.options).drain(within: .seconds(60)))
        for copy in copies {
            let other = try Spool("/s", options: SpoolOptions(), files: copy)
            let courier = Courier(other, to: sink, options: Self.options)
            #expect(courier.drain(within: .seconds(60)))
            #expect(courier.counts.duplicateBatches == 10 && courier.counts.storedBatches == 0)
            other.close()
        }
        #expect(sink.state.withLock { $0.batches.count } == 10)
        spool.close()
    }
}
