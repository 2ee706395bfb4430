import TestKit
import Testing

@testable import Taximeter

@Suite struct SpoolTests {
    private static let small = SpoolOptions(byteLimit: 100_000, segmentByteCount: 300)

    private static func spool(_ files: FaultyFiles, _ options: SpoolOptions = small) throws -> Spool {
        try Spool("/s", options: options, files: files)
    }

    @Test func batchesComeBackInOrderAndOnce() throws {
        let files = FaultyFiles()
        var spool = try Self.spool(files)
        let blocks = try (1...9).map { try EventBlock.numbered($0) }
        #expect(try spool.commit([], sealedAt: testInstant) == nil)
        #expect(try spool.commit(Array(blocks[0..<2]), sealedAt: testInstant) == 1...2)
        for index in 2..<9 {
            #expect(try spool.commit([blocks[index]], sealedAt: testInstant) == Int64(index + 1)...Int64(index + 1))
        }
        #expect(spool.lag.eventCount == 18 && spool.lag.lastSequence == 9)
        // Until it is acknowledged, the first batch is the next.
        for _ in 1...2 { #expect(try spool.nextBatch()?.sequence == 1) }
        for _ in 1...4 { try spool.acknowledge(#require(try spool.nextBatch())) }
        let producer = spool.producer
        spool.close()
        spool = try Self.spool(files)
        #expect(spool.producer == producer && spool.lag.eventCount == 10)
        let rest = try drained(spool)
        #expect(rest.map(\.sequence) == Array(5...9))
        #expect(rest.map(\.block) == Array(blocks[4...]))
        #expect(spool.lag.eventCount == 0 && spool.lag.byteCount == 0)
        #expect(try spool.commit([blocks[0]], sealedAt: testInstant) == 10...10)
        spool.close()
    }

    /// Shipped segments are removed, so that a spool in use stays small however much goes through it.
    @Test func staysBounded() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files)
        for number in 1...1_000 {
            _ = try spool.commit([EventBlock.numbered(number)], sealedAt: testInstant)
            _ = try drained(spool)
            #expect(spool.lag.spoolByteCount < 20_000)
        }
        #expect(spool.lag.lastSequence == 1_000)
        spool.close()
        let again = try Self.spool(files)
        #expect(files.paths.count { $0.hasSuffix(".spool") } <= 1)
        #expect(try again.commit([EventBlock.numbered(1)], sealedAt: testInstant) == 1_001...1_001)
        again.close()
    }

    @Test func fullSpoolRefusesUntilSomeIsShipped() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files, SpoolOptions(byteLimit: 2_000, segmentByteCount: 300))
        var written: Int64 = 0
        let error = try #require(throws: SpoolError.self) {
            while true { written = try spool.commit([EventBlock.numbered(1)], sealedAt: testInstant)?.upperBound ?? 0 }
        }
        #expect(error.code == .full)
        #expect(error.description.hasPrefix("spool /s: is full: "))
        let size = files.paths.filter { $0.hasSuffix(".spool") }.reduce(0) { $0 + (files.bytes($1)?.count ?? 0) }
        #expect(size <= 2_000)
        #expect(try drained(spool).count == Int(written))
        try spool.saveProgress()
        #expect(try spool.commit([EventBlock.numbered(1)], sealedAt: testInstant)?.upperBound == written + 1)
        spool.close()
    }

    @Test func hasOneOwner() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files)
        #expect(throws: SpoolError.self) { try Self.spool(files) }
        #expect(try #require(throws: SpoolError.self) { try Self.spool(files) }.code == .locked)
        spool.close()
        spool.close()
        #expect(
            try #require(throws: SpoolError.self) { _ = try spool.commit([.numbered(1)], sealedAt: testInstant) }.code
                == .closed)
        try Self.spool(files).close()
    }

    @Test func strangersFoldersAreLeftAlone() throws {
        let files = FaultyFiles()
        files.put("/s/passwd", [1])
        let error = try #require(throws: SpoolError.self) { try Self.spool(files) }
        #expect(error.code == .notASpool)
        #expect(error.description == "spool /s: holds other files (\"passwd\"); expected an empty folder")
        #expect(files.paths == ["/s/passwd"])
    }

    /// Another version is refused, and nothing touched: of the state, and of a segment.
    @Test func otherVersionsAreRefused() throws {
        let files = FaultyFiles()
        let spool = try Self.spool(files)
        _ = try spool.commit([EventBlock.numbered(1)], sealedAt: testInstant)
        spool.close()
        let state = try #require(files.bytes("/s/spool.state"))
        let newer = "taximeter spool 2\nanything\n"
        let sum = String(CRC32C.of(Array(newer.utf8).span), radix: 16)
        files.put("/s/spool.state", Array((newer + "crc32c \(sum)\n").utf8))
        var error = try #require(throws: SpoolError.self) { try Self.spool(files) }
        #expect(error.code == .otherVersion && error.description.contains("version 2 of the format; expected 1"))
        files.put("/s/spool.state", state)
        let path = "/s/segment-000000000001.spool"
        let segment = try #require(files.bytes(path))
        var changed = Array(segment.prefix(60))
        changed[8] = 2
        changed.appendFixed(CRC32C.of(changed.span))
        files.put(path, changed + segment.dropFirst(64))
        error = try #require(throws: SpoolError.self) { try Self.spool(files) }
        #expect(error.code == .otherVersion && error.path == path)
        files.put(path, segment)
        #expect(try drained(Self.spool(files)).count == 1)
    }

    /// Without its state a spool knows whose it is from its segments, and ships all of it again.
    @Test func stateIsRebuiltFromSegments() throws {
        let files = FaultyFiles()
        var spool = try Self.spool(files)
        for number in 1...3 { _ = try spool.commit([EventBlock.numbered(number)], sealedAt: testInstant) }
        try spool.acknowledge(#require(try spool.nextBatch()))
        let producer = spool.producer
        spool.close()
        let state = try #require(files.bytes("/s/spool.state"))
        for index in state.indices {
            var flipped = state
            flipped[index] ^= 1 << UInt8(index % 8)
            files.put("/s/spool.state", flipped)
            spool = try Self.spool(files)
            #expect(spool.producer == producer && spool.recovery.isStateDamaged)
            #expect(try drained(spool).map(\.sequence) == [1, 2, 3])
            // As it was, for the next byte.
            spool.close()
        }
        files.put("/s/spool.state", nil)
        files.put("/s/segment-000000000001.spool", nil)
        files.put("/s/quarantine", nil)
        files.put("/s/segment-000000000009.spool", [1, 2, 3])
        #expect(try #require(throws: SpoolError.self) { try Self.spool(files) }.code == .notASpool)
    }
}
