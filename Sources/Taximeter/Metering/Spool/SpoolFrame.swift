/// The head of a frame: one batch in a segment, or the mark that a segment ends here.
///
/// Little-endian; checksums are CRC-32C:
///
/// | bytes | content |
/// |---|---|
/// | 4 | `TXMF` |
/// | 1, 1, 2 | version; kind: 0 a batch, 1 the segment's end; zero |
/// | 4, 4 | bytes of the payload; events in it |
/// | 8 | sequence; for an end, that of the next batch |
/// | 8 | when the batch was sealed, in microseconds since 1970 |
/// | 4 | head checksum of the frame before it: frames form a chain |
/// | 4 | checksum of the payload |
/// | 4 | checksum of the 40 bytes above |
struct SpoolFrame: Hashable {
    enum Kind: UInt8 { case batch = 0, end = 1 }

    static let version: UInt8 = 1
    static let magic = Array("TXMF".utf8)
    static let headByteCount = 44
    /// The longest payload: 10,000 events with the longest names and ids have less than half of it.
    static let maximumPayload = 32 << 20

    var kind: Kind
    var payloadByteCount: Int
    var eventCount: Int
    var sequence: Int64
    var sealedAt: Instant
    var previous: UInt32
    var payloadChecksum: UInt32
    /// The checksum of the head itself.
    private(set) var checksum: UInt32 = 0

    /// Head and payload together.
    var byteCount: Int { Self.headByteCount + payloadByteCount }

    init(
        kind: Kind, payload: Span<UInt8>, eventCount: Int, sequence: Int64, sealedAt: Instant, previous: UInt32
    ) {
        self.kind = kind
        self.payloadByteCount = payload.count
        self.eventCount = eventCount
        self.sequence = sequence
        self.sealedAt = sealedAt
        self.previous = previous
        payloadChecksum = CRC32C.of(payload)
        checksum = CRC32C.of(checkedHead.span)
    }

    /// The mark that a segment ends before the batch of that sequence.
    static func end(before sequence: Int64, at instant: Instant, previous: UInt32) -> SpoolFrame {
        let nothing: [UInt8] = []
        return SpoolFrame(
            kind: .end, payload: nothing.span, eventCount: 0, sequence: sequence, sealedAt: instant, previous: previous)
    }

    /// The head at an offset; nil where there is none, whole and with the right checksum.
    init?(_ bytes: [UInt8], at offset: Int) {
        guard offset >= 0, bytes.count - offset >= Self.headByteCount,
            bytes[offset..<offset + 4].elementsEqual(Self.magic)
        else { return nil }
        var reader = ByteReader(bytes, offset + 4..<offset + Self.headByteCount)
        guard reader.fixed(UInt8.self) == Self.version, let kindCode = reader.fixed(UInt8.self),
            let kind = Kind(rawValue: kindCode), reader.fixed(UInt16.self) == 0,
            let payload = reader.fixed(UInt32.self), payload <= Self.maximumPayload,
            let events = reader.fixed(UInt32.self), let sequence = reader.fixed(UInt64.self),
            (1...UInt64(Int64.max)).contains(sequence), let sealed = reader.fixed(UInt64.self),
            let sealedAt = Instant(microseconds: Int64(bitPattern: sealed)),
            let previous = reader.fixed(UInt32.self), let payloadChecksum = reader.fixed(UInt32.self),
            let checksum = reader.fixed(UInt32.self),
            CRC32C.of(bytes.span.extracting(offset..<offset + Self.headByteCount - 4)) == checksum
        else { return nil }
        self.kind = kind
        self.payloadByteCount = Int(payload)
        self.eventCount = Int(events)
        self.sequence = Int64(sequence)
        self.sealedAt = sealedAt
        self.previous = previous
        self.payloadChecksum = payloadChecksum
        self.checksum = checksum
    }

    /// Whether the payload stands whole behind the head at this offset.
    func hasPayload(in bytes: [UInt8], at offset: Int) -> Bool {
        let start = offset + Self.headByteCount
        return bytes.count - start >= payloadByteCount
            && CRC32C.of(bytes.span.extracting(start..<start + payloadByteCount)) == payloadChecksum
    }

    private var checkedHead: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.headByteCount)
        bytes += [Self.version, kind.rawValue, 0, 0]
        bytes.appendFixed(UInt32(truncatingIfNeeded: payloadByteCount))
        bytes.appendFixed(UInt32(truncatingIfNeeded: eventCount))
        bytes.appendFixed(UInt64(bitPattern: sequence))
        bytes.appendFixed(UInt64(bitPattern: sealedAt.microseconds))
        bytes.appendFixed(previous)
        bytes.appendFixed(payloadChecksum)
        return bytes
    }

    /// The head as bytes.
    var head: [UInt8] {
        var bytes = checkedHead
        bytes.appendFixed(checksum)
        return bytes
    }
}

/// The first bytes of a segment file: whose it is and where it stands.
///
/// | bytes | content |
/// |---|---|
/// | 8 | `TXMSPOOL` |
/// | 2, 6 | version; zero |
/// | 8, 8 | the producer's id: upper and lower half |
/// | 8 | the segment's number |
/// | 8 | sequence of the first batch |
/// | 8 | when it was made, in microseconds since 1970 |
/// | 4 | head checksum of the last frame before it |
/// | 4 | checksum of the 60 bytes above |
struct SegmentHead: Hashable {
    static let version: UInt16 = 1
    static let magic = Array("TXMSPOOL".utf8)
    static let byteCount = 64

    var producer: ProducerID
    var number: Int64
    var firstSequence: Int64
    var createdAt: Instant
    var previous: UInt32

    init(producer: ProducerID, number: Int64, firstSequence: Int64, createdAt: Instant, previous: UInt32) {
        self.producer = producer
        self.number = number
        self.firstSequence = firstSequence
        self.createdAt = createdAt
        self.previous = previous
    }

    /// The head of a segment's bytes; nil when it is damaged or was never written whole.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
        var reader = ByteReader(bytes, 8..<Self.byteCount)
        guard reader.fixed(UInt16.self) == Self.version, reader.fixed(UInt16.self) == 0,
            reader.fixed(UInt32.self) == 0, let high = reader.fixed(UInt64.self), let low = reader.fixed(UInt64.self),
            let number = reader.fixed(UInt64.self), number <= Int64.max, let first = reader.fixed(UInt64.self),
            (1...UInt64(Int64.max)).contains(first), let created = reader.fixed(UInt64.self),
            let createdAt = Instant(microseconds: Int64(bitPattern: created)),
            let previous = reader.fixed(UInt32.self), let checksum = reader.fixed(UInt32.self),
            CRC32C.of(bytes.span.extracting(0..<Self.byteCount - 4)) == checksum
        else { return nil }
        self.init(
            producer: ProducerID(high: high, low: low), number: Int64(number), firstSequence: Int64(first),
            createdAt: createdAt, previous: previous)
    }

    /// The version that a segment's bytes claim, where their checksum shows that they mean it.
    static func claimedVersion(_ bytes: [UInt8]) -> UInt16? {
        guard bytes.count >= byteCount, bytes.starts(with: magic) else { return nil }
        var checksum = ByteReader(bytes, byteCount - 4..<byteCount)
        guard checksum.fixed(UInt32.self) == CRC32C.of(bytes.span.extracting(0..<byteCount - 4)) else { return nil }
        var reader = ByteReader(bytes, 8..<10)
        return reader.fixed(UInt16.self)
    }

    /// The head as bytes.
    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.appendFixed(Self.version)
        bytes += [UInt8](repeating: 0, count: 6)
        bytes.appendFixed(producer.high)
        bytes.appendFixed(producer.low)
        bytes.appendFixed(UInt64(bitPattern: number))
        bytes.appendFixed(UInt64(bitPattern: firstSequence))
        bytes.appendFixed(UInt64(bitPattern: createdAt.microseconds))
        bytes.appendFixed(previous)
        bytes.appendFixed(CRC32C.of(bytes.span))
        return bytes
    }
}
