import TestKit
import Testing

@testable import Taximeter

@Suite struct BlockCodingTests {
    /// RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func checksums(_ bytes: [UInt8], _ checksum: UInt32) {
        #expect(CRC32C.of(bytes.span) == checksum)
    }

    @Test func anyBlockComesBack() async throws {
        try await withSeed { generator in
            for count in [0, 1, 2, 3, 50, 400] {
                let block = try EventBlock.random(count, using: &generator)
                var bytes: [UInt8] = [1, 2, 3]
                block.encode(into: &bytes)
                #expect(try EventBlock(decoding: bytes, 3..<bytes.count) == block)
            }
        }
    }

    /// Every byte at every place of an id: only small hexadecimal digits, and dashes where they belong, are packed.
    @Test(arguments: [PackedID.Form.uuid, .hex])
    func onlyWhatComesBackIsPacked(_ form: PackedID.Form) async throws {
        try await withSeed { generator in
            let (high, low) = (
                UInt64.random(in: 0 ... .max, using: &generator), UInt64.random(in: 0 ... .max, using: &generator)
            )
            var text = Array("cmpl-".utf8)
            PackedID.append(high, low, dashed: form == .uuid, to: &text)
            let number = try #require(PackedID.number(in: text, 0..<text.count, form))
            #expect(number == (high, low))
            for (place, byte) in (5..<text.count).flatMap({ place in (0...UInt8.max).map { (place, $0) } }) {
                var other = text
                other[place] = byte
                let packed = PackedID.number(in: other, 0..<other.count, form)
                let isDash = text[place] == UInt8(ascii: "-")
                let isDigit = Array("0123456789abcdef".utf8).contains(byte)
                #expect((packed != nil) == (isDash ? byte == text[place] : isDigit), "byte \(byte) at \(place)")
                guard let packed else { continue }
                var again = Array("cmpl-".utf8)
                PackedID.append(packed.high, packed.low, dashed: form == .uuid, to: &again)
                #expect(again == other)
            }
        }
    }

    /// Bytes an event has on the disk, with ids as these engines make them.
    @Test(arguments: ["", "chatcmpl-", "cmpl-"], [true, false])
    func eventsAreSmall(_ prefix: String, _ isDashed: Bool) async throws {
        try await withSeed { generator in
            var block = EventBlock()
            block.accounts = try (0..<1_000).map { try Identifier("account-\($0)") }
            block.models = [try Identifier("deepseek-reasoner")]
            block.channels = [try Identifier("api")]
            block.serviceTiers = [try Identifier("standard")]
            let count = 7_500
            for index in 0..<count {
                let start = block.requestIDs.count
                block.requestIDs += Array(prefix.utf8)
                PackedID.append(
                    .random(in: 0 ... .max, using: &generator), .random(in: 0 ... .max, using: &generator),
                    dashed: isDashed, to: &block.requestIDs)
                let completedAt = testInstant.microseconds + Int64(index) * 50 + .random(in: 0...50, using: &generator)
                block.rows.append(
                    EventBlock.Row(
                        kind: .usage, account: .random(in: 0..<1_000, using: &generator), model: 0, channel: 0,
                        serviceTier: 0, requestIDStart: Int32(start),
                        requestIDLength: Int32(block.requestIDs.count - start),
                        startedAt: Instant(unchecked: completedAt - .random(in: 0...60_000_000, using: &generator)),
                        completedAt: Instant(unchecked: completedAt),
                        tokens: TokenCounts(
                            cacheHit: .random(in: 0...100_000, using: &generator),
                            cacheMiss: .random(in: 0...30_000, using: &generator),
                            output: .random(in: 0...8_000, using: &generator)), requests: 1))
            }
            var bytes: [UInt8] = []
            block.encode(into: &bytes)
            #expect((bytes.count + SpoolFrame.headByteCount) <= 40 * count, "\(bytes.count / count) bytes an event")
        }
    }

    /// Bytes that somebody else has written stop nothing, and what is taken from them keeps an event's limits.
    @Test func mutatedBytesStopNothing() async throws {
        try await withSeed { generator in
            var taken = 0
            for _ in 0..<3_000 {
                let block = try EventBlock.random(Int.random(in: 0...4, using: &generator), using: &generator)
                var bytes: [UInt8] = []
                block.encode(into: &bytes)
                for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
                    let place = Int.random(in: bytes.indices, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: bytes[place] = .random(in: 0...255, using: &generator)
                    case 1: bytes.insert(.random(in: 0...255, using: &generator), at: place)
                    case 2: bytes.remove(at: place)
                    default: bytes.removeSubrange(place...)
                    }
                }
                guard let read = try? EventBlock(decoding: bytes, 0..<bytes.count) else { continue }
                taken += 1
                for row in read.rows {
                    let id = read.requestIDs[Int(row.requestIDStart)...].prefix(Int(row.requestIDLength))
                    let text = try #require(String(validating: id, as: UTF8.self))
                    _ = try UsageEvent(
                        account: read.accounts[Int(row.account)], model: read.models[Int(row.model)],
                        channel: read.channels[Int(row.channel)], serviceTier: read.serviceTiers[Int(row.serviceTier)],
                        requestID: Identifier(text), startedAt: row.startedAt, completedAt: row.completedAt,
                        tokens: row.tokens, requests: row.requests)
                }
            }
            #expect(taken > 0)
        }
    }
}
