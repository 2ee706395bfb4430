import TestKit
import Testing

@testable import Taximeter

/// A process that dies at any call, and a machine that loses its power then, lose nothing that was acknowledged.
@Suite struct SpoolCrashTests {
    private static let options = SpoolOptions(byteLimit: 100_000, segmentByteCount: 300)

    /// What the process knew when it died.
    struct Knowledge {
        /// Batches whose commit has returned.
        var durable: [Int64: EventBlock] = [:]
        /// Batches that were ever handed to a commit.
        var attempted: [Int64: Set<EventBlock>] = [:]
        /// Batches that were shipped.
        var shipped: [Int64: EventBlock] = [:]
    }

    /// One life of a process: opens, commits groups, ships some, closes; ends where the disk says so.
    private static func live(
        _ files: FaultyFiles, _ knowledge: inout Knowledge, _ number: inout Int
    ) throws {
        let spool = try Spool("/s", options: options, files: files)
        defer { spool.close() }
        for group in 1...4 {
            var blocks: [EventBlock] = []
            for _ in 0..<(group % 2 + 1) {
                number += 1
                blocks.append(try EventBlock.numbered(number))
            }
            let first = spool.lag.lastSequence + 1
            for (index, block) in blocks.enumerated() {
                knowledge.attempted[first + Int64(index), default: []].insert(block)
            }
            guard let sequences = try spool.commit(blocks, sealedAt: testInstant) else { continue }
            for (sequence, block) in zip(sequences, blocks) { knowledge.durable[sequence] = block }
            if group == 2, let batch = try spool.nextBatch() {
                try ship(batch, &knowledge)
                try spool.acknowledge(batch)
                try spool.saveProgress()
            }
        }
    }

    /// As the store does it: the same sequence again must have the same content.
    private static func ship(_ batch: SpooledBatch, _ knowledge: inout Knowledge) throws {
        let block = try batch.decoded().block
        if let stored = knowledge.shipped[batch.sequence] {
            #expect(stored == block, "batch \(batch.sequence) changed")
        }
        knowledge.shipped[batch.sequence] = block
    }

    /// Lives again, ships everything, and returns what is missing.
    private static func missing(_ files: FaultyFiles, _ knowledge: inout Knowledge) throws -> [Int64] {
        let spool = try Spool("/s", options: options, files: files)
        #expect(spool.recovery.damages.isEmpty, "\(spool.recovery.damages)")
        while let batch = try spool.nextBatch() {
            try ship(batch, &knowledge)
            try spool.acknowledge(batch)
        }
        spool.close()
        for (sequence, block) in knowledge.shipped {
            #expect(knowledge.attempted[sequence]?.contains(block) == true)
        }
        let last = knowledge.shipped.keys.max() ?? 0
        #expect(knowledge.shipped.count == Int(last), "sequences have no gap")
        return knowledge.durable.filter { knowledge.shipped[$0.key] != $0.value }.map(\.key).sorted()
    }

    private static func calls() throws -> Int {
        let files = FaultyFiles()
        var knowledge = Knowledge()
        var number = 0
        try live(files, &knowledge, &number)
        return files.disk.withLock { $0.calls }
    }

    /// Dies at every call, and again at every fifth of the life after it: recovery too can be killed.
    @Test(arguments: [false, true])
    func everyCallCanBeTheLast(_ losesPower: Bool) async throws {
        try await withSeed { generator in
            let calls = try Self.calls()
            #expect(calls > 30)
            for first in 1...calls {
                for second in stride(from: first % 5 + 1, through: 40, by: 5) {
                    let files = FaultyFiles()
                    var knowledge = Knowledge()
                    var number = 0
                    for death in [first, second] {
                        files.disk.withLock { $0.diesAt = death }
                        do { try Self.live(files, &knowledge, &number) } catch is SpoolError {}
                        if losesPower { files.losePower(using: &generator) } else { files.kill() }
                    }
                    let missing = try Self.missing(files, &knowledge)
                    #expect(missing.isEmpty, "died at \(first), then at \(second): lost \(missing)")
                }
            }
        }
    }

    /// The control: on a disk that only says it has synced, the same test finds losses.
    @Test func aLyingSyncLosesBatches() async throws {
        try await withSeed { generator in
            var losses = 0
            for death in 10...40 {
                let files = FaultyFiles()
                var knowledge = Knowledge()
                var number = 0
                // The folder itself is there.
                try Spool("/s", options: Self.options, files: files).close()
                files.kill()
                files.disk.withLock {
                    $0.isSyncALie = true
                    $0.diesAt = death
                }
                do { try Self.live(files, &knowledge, &number) } catch is SpoolError {}
                files.losePower(using: &generator)
                guard let spool = try? Spool("/s", options: Self.options, files: files) else {
                    losses += 1
                    continue
                }
                while let batch = try spool.nextBatch() {
                    knowledge.shipped[batch.sequence] = try batch.decoded().block
                    try spool.acknowledge(batch)
                }
                spool.close()
                if knowledge.durable.contains(where: { knowledge.shipped[$0.key] != $0.value }) { losses += 1 }
            }
            #expect(losses > 0)
        }
    }
}
