import Foundation
import Glibc
import Taximeter

/// Durable batches in a spool, next to writing and syncing the same bytes.
struct SpoolBenchmark {
    private let folder: URL
    private static let batchCount = 60

    init(_ folder: URL) { self.folder = folder }

    func run() throws {
        let spool = try Spool(folder.appending(path: "spool").path, options: SpoolOptions(byteLimit: 8 << 30))
        let block = try Self.block(7_500)
        guard let instant = Instant(microseconds: 1_740_614_400_000_000) else { throw Workload.OutOfRange() }
        let before = spool.lag.byteCount
        _ = try spool.commit([block], sealedAt: instant)
        let bytes = spool.lag.byteCount - before
        print("a batch of 7,500 events has \(bytes) bytes in the spool: \(bytes / 7_500) an event")
        let plain = folder.appending(path: "plain").path
        let content = [UInt8](repeating: 7, count: bytes)
        try Benchmark(
            name: "spool: batches of 7,500 events, each encoded, written and synced", unit: "events", runs: 5,
            subject: {
                for _ in 0..<Self.batchCount { _ = try spool.commit([block], sealedAt: instant) }
                return Self.batchCount * 7_500
            },
            baselineName: "write and fdatasync of the same bytes",
            baseline: {
                let file = open(plain, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
                defer { close(file) }
                for _ in 0..<Self.batchCount {
                    _ = content.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                    fdatasync(file)
                }
                return Self.batchCount * 7_500
            }
        ).run()
        spool.close()
        try GroupCommitBenchmark(folder: folder).run()
    }

    /// Events of a thousand accounts within five milliseconds, under UUIDs.
    private static func block(_ count: Int) throws -> EventBlock {
        var block = EventBlock()
        block.accounts = try (0..<1_000).map { try Identifier("account-\($0)") }
        block.models = [try Identifier("deepseek-reasoner")]
        block.channels = [try Identifier("api")]
        block.serviceTiers = [try Identifier("standard")]
        for index in 0..<count {
            let id = Array(UUID().uuidString.lowercased().utf8)
            let completed = 1_740_614_400_000_000 + Int64(index)
            guard let completedAt = Instant(microseconds: completed),
                let startedAt = Instant(microseconds: completed - .random(in: 0...60_000_000))
            else { throw Workload.OutOfRange() }
            block.rows.append(
                EventBlock.Row(
                    kind: .usage, account: .random(in: 0..<1_000), model: 0, channel: 0, serviceTier: 0,
                    requestIDStart: Int32(block.requestIDs.count), requestIDLength: Int32(id.count),
                    startedAt: startedAt, completedAt: completedAt,
                    tokens: TokenCounts(
                        cacheHit: .random(in: 0...4_000), cacheMiss: .random(in: 0...3_000),
                        output: .random(in: 0...2_000)), requests: 1))
            block.requestIDs += id
        }
        return block
    }
}
