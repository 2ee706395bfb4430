import protocol CoreMetrics.MetricsFactory
import enum CoreMetrics.MetricsSystem
import Foundation
import Glibc
import Synchronization
import TestKit
import Testing

@testable import Taximeter

@Suite struct MeterTests {
    /// A meter on a disk in memory, and an event for it.
    struct Bench {
        let files: FaultyFiles
        let spool: Spool
        let meter: Meter
        let event: MeterEvent

        init(
            _ options: MeterOptions = MeterOptions(), spoolBytes: Int = 1 << 30,
            metrics: any MetricsFactory = MetricsSystem.factory
        ) throws {
            files = FaultyFiles()
            spool = try Spool("/s", options: SpoolOptions(byteLimit: spoolBytes), files: files)
            meter = Meter(spool: spool, options: options, metrics: metrics)
            event = try Self.event(meter)
        }

        static func event(_ meter: Meter) throws -> MeterEvent {
            MeterEvent(
                account: try meter.account(Identifier("acme")), model: try meter.model(Identifier("r1")),
                channel: try meter.channel(Identifier("api")),
                serviceTier: try meter.serviceTier(Identifier("standard")),
                startedAt: testInstant, completedAt: testInstant, tokens: TokenCounts(cacheMiss: 10, output: 20))
        }

        /// The request ids in the spool, in no order.
        func ids() throws -> [String] { try rows().map(\.id) }

        func rows() throws -> [(row: EventBlock.Row, id: String, block: EventBlock)] {
            try drained(spool).flatMap { batch in
                batch.block.rows.map { row in
                    let id = batch.block.requestIDs[Int(row.requestIDStart)...].prefix(Int(row.requestIDLength))
                    return (row, String(decoding: id, as: UTF8.self), batch.block)
                }
            }
        }
    }

    @Test func whatIsRecordedIsInTheSpool() throws {
        let bench = try Bench()
        var event = bench.event
        try bench.meter.record(event, requestID: "plain")
        try bench.meter.record(event, requestID: "a part of this".dropFirst(2))
        let bytes = Array("b\u{E9}e\u{301}模".utf8)
        try bench.meter.record(event, requestID: bytes.span)
        try bench.meter.recordReversal(of: event, requestID: "plain")
        event.account = try bench.meter.account(Identifier("other"))
        event.tokens.cacheWrite1h = 5
        event.requests = 3
        let made = try bench.meter.record(event)
        try bench.meter.close()
        let rows = try bench.rows()
        #expect(rows.map(\.id) == ["plain", "part of this", "b\u{E9}e\u{301}模", made.description, "plain"])
        #expect(Array(rows[2].id.utf8) == bytes)
        #expect(rows.map(\.row.kind) == [.usage, .usage, .usage, .usage, .reversal])
        #expect(rows.map { $0.block.accounts[Int($0.row.account)].text } == ["acme", "acme", "acme", "other", "acme"])
        #expect(rows[3].row.tokens == TokenCounts(cacheMiss: 10, cacheWrite1h: 5, output: 20))
        #expect(rows[3].row.requests == 3 && rows[4].row.tokens == rows[0].row.tokens)
        #expect(
            made.description.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                != nil)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let code: MeterError.Code
        let text: String
        var id = Array("r".utf8)
        var change: @Sendable (inout MeterEvent) -> Void = { _ in }
        var testDescription: String { text }
    }

    @Test(arguments: [
        Fault(code: .invalidRequestID, text: "request id has 0 bytes; expected 1 to 255", id: []),
        Fault(
            code: .invalidRequestID, text: "request id has 256 bytes; expected 1 to 255",
            id: Array(repeating: 0x61, count: 256)),
        Fault(code: .invalidRequestID, text: "request id contains a NUL character", id: [0x61, 0]),
        Fault(
            code: .invalidRequestID, text: "request id contains a NUL character",
            id: [0] + Array(repeating: 97, count: 20)),
        Fault(code: .invalidRequestID, text: "request id is not UTF-8", id: [0x61, 0xFF]),
        Fault(code: .invalidRequestID, text: "request id is not UTF-8", id: [0xED, 0xA0, 0x80]),
        Fault(
            code: .invalidEvent, text: "output_tokens is -1; expected 0 to 1000000000000000 tokens",
            change: { $0.tokens.output = -1 }),
        Fault(
            code: .invalidEvent, text: "cache_hit_tokens is 9223372036854775807; expected 0 to 1000000000000000 tokens",
            change: { $0.tokens.cacheHit = .max }),
        Fault(
            code: .invalidEvent, text: "requests is 0; expected 1 to 1000000000000 requests",
            change: { $0.requests = 0 }),
        Fault(
            code: .invalidEvent,
            text:
                "completed_at is 9999-12-31T23:59:59.999999Z; expected an instant from 1970-01-01T00:00:00Z to 2200-01-01T00:00:00Z",
            change: { $0.completedAt = .latest }),
        Fault(
            code: .invalidEvent,
            text:
                "started_at is 2025-02-27T00:00:00.000001Z; expected an instant not after completed_at (2025-02-27T00:00:00Z)",
            change: { $0.startedAt = Instant(unchecked: testInstant.microseconds + 1) }),
        Fault(
            code: .foreignHandle, text: "a handle of another meter",
            change: { $0.model = ModelHandle(name: NameHandle(meter: 0, place: 0)) }),
    ])
    func refusesAtTheCall(_ fault: Fault) throws {
        let bench = try Bench()
        var event = bench.event
        fault.change(&event)
        let error = try #require(throws: MeterError.self) { try bench.meter.record(event, requestID: fault.id.span) }
        #expect(error.code == fault.code && error.description == "meter: \(fault.text)")
        try bench.meter.close()
        #expect(bench.meter.counts == MeterCounts(accepted: 0, refused: 1, durable: 0))
        #expect(try bench.ids().isEmpty)
    }

    /// Ids of every length, with NUL at every place.
    @Test func findsEveryNUL() {
        for count in 1...40 {
            var bytes = [UInt8](repeating: 0x80, count: count)
            let none = bytes.span.containsNUL
            #expect(!none)
            for place in 0..<count {
                bytes[place] = 0
                let found = bytes.span.containsNUL
                #expect(found, "\(place) of \(count)")
                bytes[place] = place % 2 == 0 ? 1 : 0xFF
            }
        }
    }

    /// Many threads, small buffers, some of the events durable: all are in the spool once, and the counters say so.
    @Test func manyThreadsLoseNothing() async throws {
        let bench = try Bench(
            MeterOptions(
                backPressure: .block(upTo: .seconds(30)), flushInterval: .milliseconds(1), groupCommit: .zero,
                batchEventCount: 50, bufferedEventCount: 640))
        let (threads, each) = (8, 2_000)
        let failures = Atomic<Int>(0)
        let left = Monitor(threads)
        for thread in 0..<threads {
            ServiceThread.start("recorder") {
                for number in 0..<each {
                    do {
                        if number % 100 == 0 {
                            try bench.meter.recordDurably(bench.event, requestID: "\(thread)-\(number)")
                        } else {
                            try bench.meter.record(bench.event, requestID: "\(thread)-\(number)")
                        }
                    } catch { failures.add(1, ordering: .relaxed) }
                }
                left.withLock { $0 -= 1 }
                left.wakeAll()
            }
        }
        while left.wait(upTo: .milliseconds(5), until: { $0 == 0 ? true : nil }) == nil {
            let counts = bench.meter.counts
            #expect(counts.durable <= counts.accepted && counts.accepted <= threads * each)
        }
        try bench.meter.close()
        #expect(failures.load(ordering: .relaxed) == 0)
        #expect(bench.meter.counts == MeterCounts(accepted: threads * each, refused: 0, durable: threads * each))
        let ids = try bench.ids()
        #expect(ids.count == threads * each)
        #expect(Set(ids).count == threads * each)
        #expect(throws: MeterError.self) { try bench.meter.record(bench.event, requestID: "late") }
        #expect(bench.meter.counts.refused == 1)
    }

    /// The store looks for the original of a reversal among what came before it: so it has to come before it, whichever
    /// buffers the two were in.
    @Test func reversalsComeAfterTheirOriginals() throws {
        let bench = try Bench(
            MeterOptions(
                backPressure: .block(upTo: .seconds(30)), flushInterval: .milliseconds(1), batchEventCount: 50,
                bufferedEventCount: 640))
        let left = Monitor(6)
        let failures = Atomic<Int>(0)
        for thread in 0..<6 {
            ServiceThread.start("recorder") {
                for number in 0..<700 {
                    do throws(MeterError) {
                        try bench.meter.record(bench.event, requestID: "\(thread)-\(number)")
                        try bench.meter.recordReversal(of: bench.event, requestID: "\(thread)-\(number)")
                    } catch { failures.add(1, ordering: .relaxed) }
                }
                left.withLock { $0 -= 1 }
                left.wakeAll()
            }
        }
        #expect(left.wait(upTo: .seconds(60)) { $0 == 0 ? true : nil } == true)
        try bench.meter.close()
        #expect(failures.load(ordering: .relaxed) == 0)
        var seen: Set<String> = []
        var reversed = 0
        for (row, id, _) in try bench.rows() {
            if row.kind == .reversal {
                reversed += 1
                #expect(seen.remove(id) != nil, "\(id) was reversed before it was recorded")
            } else {
                #expect(seen.insert(id).inserted)
            }
        }
        #expect(reversed == 4_200 && seen.isEmpty)
        #expect(bench.meter.counts == MeterCounts(accepted: 8_400, refused: 0, durable: 8_400))
    }

    /// A durable event survives the loss of all that was not synced, at once.
    @Test func durableEventsSurvive() async throws {
        try await withSeed { generator in
            let bench = try Bench(MeterOptions(flushInterval: .seconds(3_600)))
            for number in 0..<5 {
                try bench.meter.record(bench.event, requestID: "memory-\(number)")
                try bench.meter.recordDurably(bench.event, requestID: "durable-\(number)")
            }
            try bench.meter.record(bench.event, requestID: "lost")
            #expect(bench.meter.counts == MeterCounts(accepted: 11, refused: 0, durable: 10))
            bench.files.losePower(using: &generator)
            let again = try Spool("/s", options: SpoolOptions(), files: bench.files)
            let count = try drained(again).reduce(0) { $0 + $1.block.rows.count }
            #expect(count == 10)
            again.close()
            try? bench.meter.close()
        }
    }

    /// Without anybody asking, an event is on the disk after a flush interval.
    @Test func flushesByItself() throws {
        let bench = try Bench(MeterOptions(flushInterval: .milliseconds(20)))
        try bench.meter.record(bench.event, requestID: "r")
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while bench.meter.counts.inMemory > 0, ContinuousClock.now < deadline { usleep(1_000) }
        #expect(bench.meter.counts.inMemory == 0)
        try bench.meter.close()
    }

    @Test(arguments: [MeterOptions.BackPressure.refuse, .block(upTo: .milliseconds(30))])
    func fullSpoolIsSaidAndNothingDropped(_ policy: MeterOptions.BackPressure) throws {
        let bench = try Bench(
            MeterOptions(backPressure: policy, flushInterval: .milliseconds(5), bufferedEventCount: 640),
            spoolBytes: 20_000)
        var accepted: [String] = []
        var refusal: MeterError?
        while refusal == nil {
            let id = "request-number-\(accepted.count)"
            do throws(MeterError) {
                try bench.meter.record(bench.event, requestID: id)
                accepted.append(id)
            } catch {
                // Only what the spool itself refuses counts here, not a flusher that had no time yet.
                if error.spoolError != nil { refusal = error }
            }
        }
        #expect(refusal?.code == .full && refusal?.spoolError?.code == .full)
        #expect(accepted.count >= 400)
        // The courier makes room, and everything that was accepted arrives.
        var ids: [String] = []
        while ids.count < accepted.count {
            ids += try bench.ids()
            try bench.spool.saveProgress()
            _ = try? bench.meter.flush(within: .milliseconds(50))
        }
        try bench.meter.close()
        ids += try bench.ids()
        #expect(ids.sorted() == accepted.sorted())
    }

    /// A disk that fails for a while: durable events are late, none is lost, none is doubled.
    @Test func faultsOfTheDiskAreOutlived() throws {
        // Seven pauses between attempts, of 10 ms and then twice as long each, are longer than the deadline.
        let bench = try Bench(MeterOptions(durabilityDeadline: .milliseconds(500)))
        bench.files.disk.withLock { $0.faults["fdatasync"] = (EIO, 0, 7) }
        let error = try #require(throws: MeterError.self) {
            try bench.meter.recordDurably(bench.event, requestID: "late")
        }
        #expect(error.code == .unconfirmed && error.spoolError?.code == .inputOutput)
        try bench.meter.flush(within: .seconds(30))
        try bench.meter.close()
        #expect(try bench.ids() == ["late"])
    }

    @Test func closingHasADeadline() throws {
        let bench = try Bench()
        bench.files.disk.withLock { $0.faults["write"] = (ENOSPC, 0, .max) }
        try bench.meter.record(bench.event, requestID: "r")
        let error = try #require(throws: MeterError.self) { try bench.meter.close(within: .milliseconds(50)) }
        #expect(error.code == .unconfirmed && error.spoolError?.code == .noSpace)
        #expect(bench.meter.counts.inMemory == 1)
    }

    @Test func namesAreLimited() throws {
        let bench = try Bench(MeterOptions(nameLimit: 5))
        #expect(try bench.meter.account(Identifier("acme")) == bench.event.account)
        _ = try bench.meter.account(Identifier("fifth"))
        let error = try #require(throws: MeterError.self) { try bench.meter.model(Identifier("sixth")) }
        #expect(error.code == .tooManyNames)
        // Two spellings of é are two accounts.
        try bench.meter.close()
        let other = try Bench()
        #expect(try other.meter.account(Identifier("\u{E9}")) != other.meter.account(Identifier("e\u{301}")))
        try other.meter.close()
    }

    @Test func madeIDsAreUnique() {
        let first = MadeRequestID.Maker()
        let second = MadeRequestID.Maker()
        let ids = (0..<1_000).flatMap { lane in [first.next(lane: lane), second.next(lane: lane)] }
        #expect(Set(ids).count == 2_000)
        for id in ids.prefix(10) {
            #expect(String(decoding: (0..<36).map { id.text[$0] }, as: UTF8.self) == id.description)
        }
    }
}
