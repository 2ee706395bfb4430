import Foundation
import TestKit
import Testing

@testable import Taximeter

/// G33: a spool of the first version of the format, as committed in fixtures/spool-v1, is read for ever; and as long as
/// that version is the one written, the same batches give the same bytes.
///
/// `TAXIMETER_RENEW_GOLDEN=1` writes it anew, and fails the run. Once a version is released, a new one gets a new folder.
@Suite struct GoldenSpoolTests {
    private static let folder = Fixtures.folder.appending(path: "spool-v1")
    private static let producer = ProducerID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff)
    private static let names = ["segment-000000000001.spool", "segment-000000000002.spool", "spool.state"]

    /// Every form that a row can have.
    private static func blocks() throws -> [EventBlock] {
        var block = EventBlock()
        block.accounts = [try Identifier("acme"), try Identifier("caf\u{E9}"), try Identifier("cafe\u{301}")]
        block.models = [try Identifier("deepseek-reasoner"), try Identifier("模型")]
        block.channels = [try Identifier("api"), try Identifier("web")]
        block.serviceTiers = [try Identifier("standard"), try Identifier("batch")]
        let ids = [
            "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728951f",
            "chatcmpl-7c9e6679742540de944be07fc1f90ae7", "chatcmpl-00000000000000000000000000000000",
            "cmpl-7c9e6679-7425-40de-944b-e07fc1f90ae7", "r1", "r2", "模型-é", "'\\.\"",
        ]
        for (index, id) in ids.enumerated() {
            let number = Int32(index)
            var tokens = TokenCounts(cacheHit: Int64(index) * 1_000, cacheMiss: 300, output: 127)
            if index == 4 { (tokens.cacheWrite, tokens.cacheWrite1h) = (5, UsageEvent.maximumTokenCount) }
            block.rows.append(
                EventBlock.Row(
                    kind: index == 6 ? .reversal : .usage, account: number % 3, model: number / 5, channel: number / 6,
                    serviceTier: number / 7, requestIDStart: Int32(block.requestIDs.count),
                    requestIDLength: Int32(id.utf8.count), startedAt: testInstant,
                    completedAt: Instant(unchecked: testInstant.microseconds + Int64(index % 4) * 1_500_000),
                    tokens: tokens, requests: index == 8 ? 12_345 : 1))
            block.requestIDs += Array(id.utf8)
        }
        return [block, try .numbered(2), try .numbered(3), try .numbered(4)]
    }

    private static func written() throws -> FaultyFiles {
        let files = FaultyFiles()
        files.put("/s/spool.state", SpoolState(producer: producer, acknowledged: 0).bytes)
        let spool = try Spool("/s", options: SpoolOptions(segmentByteCount: 600), files: files)
        for (index, block) in try blocks().enumerated() {
            _ = try spool.commit([block], sealedAt: Instant(unchecked: testInstant.microseconds + Int64(index)))
        }
        // As it is while it is open: what closing adds bears the time of day.
        let copy = FaultyFiles()
        for path in files.paths where path != "/s/spool.lock" { copy.put(path, files.bytes(path)) }
        spool.close()
        return copy
    }

    @Test func theFirstVersionIsReadForEver() throws {
        let files = FaultyFiles()
        for name in Self.names {
            let content = try? Data(contentsOf: Self.folder.appending(path: name))
            files.put("/s/\(name)", Array(try #require(content, "\(name) is missing")))
        }
        let spool = try Spool("/s", options: SpoolOptions(), files: files)
        #expect(spool.producer == Self.producer)
        #expect(spool.recovery.damages.isEmpty && spool.recovery.tornTails.isEmpty)
        #expect(try drained(spool).map(\.block) == Self.blocks())
        spool.close()
    }

    @Test func theSameBatchesGiveTheSameBytes() throws {
        let files = try Self.written()
        #expect(files.paths == Self.names.map { "/s/\($0)" })
        let isRenewed = ProcessInfo.processInfo.environment["TAXIMETER_RENEW_GOLDEN"] == "1"
        for name in Self.names {
            let file = Self.folder.appending(path: name)
            let bytes = try #require(files.bytes("/s/\(name)"))
            if isRenewed {
                try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
                try Data(bytes).write(to: file)
                Issue.record("\(name) was written anew: look at the difference")
            } else {
                #expect((try? Data(contentsOf: file)).map(Array.init) == bytes, "\(name)")
            }
        }
    }
}
