import TestKit
import Testing

@testable import Taximeter

/// Every flip of a byte and every truncation in a spool of three segments: nothing but the batch that was hit is lost,
/// and it is said which.
@Suite struct SpoolDamageTests {
    private static let options = SpoolOptions(byteLimit: 100_000, segmentByteCount: 330)
    private static let count: Int64 = 9

    /// Three segments of three batches; the last one finished, or left as by a killed process.
    private static func files(isClosed: Bool) throws -> (files: FaultyFiles, blocks: [Int64: EventBlock]) {
        let files = FaultyFiles()
        let spool = try Spool("/s", options: options, files: files)
        var blocks: [Int64: EventBlock] = [:]
        for sequence in 1...count {
            let block = try EventBlock.numbered(Int(sequence))
            #expect(try spool.commit([block], sealedAt: testInstant) == sequence...sequence)
            blocks[sequence] = block
        }
        let paths = files.paths.filter { $0.hasSuffix(".spool") }
        #expect(paths.count == 3)
        if isClosed {
            spool.close()
            return (files, blocks)
        }
        let killed = FaultyFiles()
        for path in files.paths { killed.put(path, files.bytes(path)) }
        spool.close()
        return (killed, blocks)
    }

    /// Opens a spool with this file in place of its own, and checks what comes out of it.
    private static func check(
        _ original: (files: FaultyFiles, blocks: [Int64: EventBlock]), _ path: String, _ bytes: [UInt8], isClosed: Bool,
        isLast: Bool, _ what: String
    ) throws {
        let files = FaultyFiles()
        for other in original.files.paths { files.put(other, original.files.bytes(other)) }
        files.put(path, bytes)
        let spool = try Spool("/s", options: options, files: files)
        defer { spool.close() }
        let batches = try drained(spool)
        for batch in batches { #expect(batch.block == original.blocks[batch.sequence], "\(what): \(batch.sequence)") }
        let read = Set(batches.map(\.sequence))
        #expect(read.count == batches.count && batches.map(\.sequence) == read.sorted())
        let lost = Set(original.blocks.keys).subtracting(read)
        let reported = Set(spool.recovery.damages.flatMap { $0.sequences.map(Array.init) ?? [] })
        let name = path.dropFirst("/s/".count)
        #expect(spool.recovery.damages.allSatisfy { $0.file == name || $0.bytes.isEmpty }, "\(what)")
        if isLast && !isClosed {
            // What was torn off the end of an unfinished segment is cut, and shown; all that is before is damage.
            let torn = spool.recovery.tornTails.reduce(0) { $0 + $1.bytes.count }
            let unreported = lost.subtracting(reported)
            #expect(unreported.isEmpty || unreported == Set((read.max() ?? 6) + 1...count), "\(what): \(unreported)")
            if bytes.count == original.files.bytes(path)?.count, !unreported.isEmpty { #expect(torn > 0, "\(what)") }
            // A new batch takes the place of one that never was.
            #expect(try spool.commit([.numbered(99)], sealedAt: testInstant)?.lowerBound == (read.max() ?? 0) + 1)
        } else {
            #expect(lost == reported, "\(what): lost \(lost), reported \(reported)")
            #expect(try spool.commit([.numbered(99)], sealedAt: testInstant) == count + 1...count + 1, "\(what)")
        }
        // What was damaged lies aside, byte by byte.
        for damage in spool.recovery.damages + spool.recovery.tornTails where !damage.bytes.isEmpty {
            let kept = files.bytes("/s/quarantine/\(damage.file)@\(damage.bytes.lowerBound)")
            #expect(kept == Array(bytes[damage.bytes]), "\(what)")
        }
    }

    @Test(arguments: [true, false], 0..<3)
    func everyFlippedByte(_ isClosed: Bool, _ segment: Int) throws {
        let original = try Self.files(isClosed: isClosed)
        let path = original.files.paths.filter { $0.hasSuffix(".spool") }[segment]
        let bytes = try #require(original.files.bytes(path))
        for index in bytes.indices {
            for mask: UInt8 in [0xFF, 1 << UInt8(index % 8)] {
                var flipped = bytes
                flipped[index] ^= mask
                try Self.check(
                    original, path, flipped, isClosed: isClosed, isLast: segment == 2,
                    "byte \(index) of segment \(segment + 1), mask \(mask)")
            }
        }
    }

    @Test(arguments: [true, false], 0..<3)
    func everyTruncation(_ isClosed: Bool, _ segment: Int) throws {
        let original = try Self.files(isClosed: isClosed)
        let path = original.files.paths.filter { $0.hasSuffix(".spool") }[segment]
        let bytes = try #require(original.files.bytes(path))
        for length in bytes.indices {
            // Without its end, the last segment is as one that was never finished.
            try Self.check(
                original, path, Array(bytes.prefix(length)), isClosed: isClosed && segment < 2, isLast: segment == 2,
                "segment \(segment + 1) cut to \(length)")
        }
    }

    @Test func aLostSegmentIsReported() throws {
        let original = try Self.files(isClosed: true)
        original.files.put("/s/segment-000000000002.spool", nil)
        let spool = try Spool("/s", options: Self.options, files: original.files)
        #expect(
            spool.recovery.damages.map(\.description) == [
                "segment-000000000001.spool: batches missing, 0 bytes at offset 408; batches 4 to 6 are lost"
            ])
        #expect(try drained(spool).map(\.sequence) == [1, 2, 3, 7, 8, 9])
        spool.close()
    }

    /// Damage that comes while the spool is open is found when the batch is read.
    @Test func damageAfterOpeningIsPassedOver() throws {
        let original = try Self.files(isClosed: true)
        let spool = try Spool("/s", options: Self.options, files: original.files)
        let path = "/s/segment-000000000002.spool"
        var bytes = try #require(original.files.bytes(path))
        bytes[200] ^= 1
        original.files.put(path, bytes)
        #expect(try drained(spool).map(\.sequence) == [1, 2, 3, 4, 6, 7, 8, 9])
        #expect(spool.damages.map(\.file) == ["segment-000000000002.spool"])
        #expect(spool.damages.allSatisfy { $0.bytes.contains(200) })
        spool.close()
    }

    /// Random bytes in every file: no reading traps, and every batch that comes out was put in.
    @Test func randomDamageStopsNothing() async throws {
        try await withSeed { generator in
            for _ in 0..<300 {
                let original = try Self.files(isClosed: Bool.random(using: &generator))
                for path in original.files.paths where path.hasSuffix(".spool") {
                    var bytes = try #require(original.files.bytes(path))
                    for _ in 0..<Int.random(in: 0...6, using: &generator) where !bytes.isEmpty {
                        let place = Int.random(in: bytes.indices, using: &generator)
                        switch Int.random(in: 0..<4, using: &generator) {
                        case 0: bytes[place] = .random(in: 0...255, using: &generator)
                        case 1: bytes.removeSubrange(place..<min(place + 50, bytes.count))
                        case 2: bytes.insert(contentsOf: bytes[place...].prefix(160), at: place)
                        default: bytes.removeSubrange(place...)
                        }
                    }
                    original.files.put(path, bytes)
                }
                let spool = try Spool("/s", options: Self.options, files: original.files)
                let batches = try drained(spool)
                for batch in batches { #expect(batch.block == original.blocks[batch.sequence]) }
                #expect(zip(batches, batches.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
                spool.close()
            }
        }
    }
}
