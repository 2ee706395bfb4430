import Glibc
import TestKit
import Testing

@testable import Taximeter

/// A disk that is full or broken: typed errors, nothing acknowledged that is not there, and all goes on afterwards.
@Suite struct SpoolFaultTests {
    private static let options = SpoolOptions(byteLimit: 100_000, segmentByteCount: 1_000)

    @Test(
        arguments: [
            ("write", ENOSPC, .noSpace), ("write", EDQUOT, .noSpace), ("write", EIO, .inputOutput),
            ("write", EROFS, .inputOutput), ("fdatasync", EIO, .inputOutput), ("fdatasync", ENOSPC, .noSpace),
            ("open", EMFILE, .inputOutput), ("open", ENOSPC, .noSpace), ("fsync", EIO, .inputOutput),
        ] as [(String, Int32, SpoolError.Code)], 0..<6)
    func failsTypedAndRecovers(_ fault: (call: String, number: Int32, code: SpoolError.Code), _ skip: Int) throws {
        let files = FaultyFiles()
        let spool = try Spool("/s", options: Self.options, files: files)
        var written: [Int64: EventBlock] = [:]
        var number = 0
        var failures = 0
        files.disk.withLock { $0.faults[fault.call] = (fault.number, skip, 3) }
        while written.count < 30 {
            number += 1
            let block = try EventBlock.numbered(number)
            // The caller holds on to what was not written, and tries it again.
            while true {
                do throws(SpoolError) {
                    let sequence = try spool.commit([block], sealedAt: testInstant)?.lowerBound
                    written[sequence ?? 0] = block
                    break
                } catch {
                    failures += 1
                    #expect(error.code == fault.code && error.systemError == fault.number)
                    #expect(error.description.hasPrefix("spool /s") && error.description.contains(fault.call + ": "))
                    #expect(failures < 10)
                }
            }
        }
        // A failure at the mark that finishes a segment is nobody's loss.
        #expect((1...3).contains(failures) || fault.call == "fsync" || failures == 0)
        let batches = try drained(spool)
        #expect(batches.map(\.sequence) == Array(1...30))
        for batch in batches { #expect(batch.block == written[batch.sequence]) }
        spool.close()
    }

    /// After a failed sync the segment is never written or synced again.
    @Test func aFailedSyncIsFinal() throws {
        let files = FaultyFiles()
        let spool = try Spool("/s", options: Self.options, files: files)
        _ = try spool.commit([.numbered(1)], sealedAt: testInstant)
        files.disk.withLock { $0.faults["fdatasync"] = (EIO, 0, 1) }
        #expect(throws: SpoolError.self) { try spool.commit([.numbered(2)], sealedAt: testInstant) }
        let abandoned = files.bytes("/s/segment-000000000001.spool")
        #expect(try spool.commit([.numbered(2)], sealedAt: testInstant) == 2...2)
        #expect(try spool.commit([.numbered(3)], sealedAt: testInstant) == 3...3)
        #expect(files.bytes("/s/segment-000000000001.spool") == abandoned)
        #expect(files.paths.contains("/s/segment-000000000002.spool"))
        // The abandoned copy of batch 2 is not shipped, by this process or the next.
        var next = try Spool("/copy", options: Self.options, files: Self.copy(files))
        #expect(try drained(next).map(\.sequence) == [1, 2, 3])
        next.close()
        #expect(try drained(spool).map(\.sequence) == [1, 2, 3])
        spool.close()
        next = try Spool("/s", options: Self.options, files: files)
        #expect(try drained(next).isEmpty && next.recovery.damages.isEmpty)
        next.close()
    }

    /// The spool's folder as it is now, under another name: as a backup, or a second courier would have it.
    private static func copy(_ files: FaultyFiles) -> FaultyFiles {
        let copy = FaultyFiles()
        for path in files.paths { copy.put("/copy" + path.dropFirst(2), files.bytes(path)) }
        return copy
    }

    @Test func shortWritesAreWritesAllTheSame() throws {
        let files = FaultyFiles()
        files.disk.withLock { $0.shortWrite = 7 }
        let spool = try Spool("/s", options: Self.options, files: files)
        for number in 1...20 { _ = try spool.commit([.numbered(number)], sealedAt: testInstant) }
        #expect(try drained(spool).count == 20)
        spool.close()
    }

    /// A disk that fills up in the middle of a batch: the batch is not there, and is when there is room again.
    @Test func aFullDiskRecovers() throws {
        for room in stride(from: 0, to: 900, by: 37) {
            let files = FaultyFiles()
            let spool = try Spool("/s", options: Self.options, files: files)
            _ = try spool.commit([.numbered(1)], sealedAt: testInstant)
            files.disk.withLock { disk in disk.capacity = disk.nodes.values.reduce(0) { $0 + $1.bytes.count } + room }
            var next = 2
            while true {
                let block = try EventBlock.numbered(next)
                do throws(SpoolError) { _ = try spool.commit([block], sealedAt: testInstant) } catch {
                    #expect(error.code == .noSpace)
                    break
                }
                next += 1
            }
            files.disk.withLock { $0.capacity = .max }
            #expect(try spool.commit([.numbered(next)], sealedAt: testInstant)?.lowerBound == Int64(next))
            let batches = try drained(spool)
            #expect(batches.map(\.sequence) == Array(1...Int64(next)))
            for batch in batches { #expect(try batch.block == .numbered(Int(batch.sequence))) }
            spool.close()
        }
    }
}
