extension UsageEvent {
    /// The version of the binary form that ``canonicalPayload`` writes. Stored hashes are compared for ever: a new form
    /// needs a new number, and the old one stays readable by its hash only.
    public static let canonicalPayloadVersion: UInt8 = 1

    /// What two deliveries of one request must agree on, as bytes. The store kept their SHA-256 before it kept
    /// ``contentHash``, and compares a repeat of an event of that time by it.
    ///
    /// Account and request id are left out: they are the key under which the hash is kept. The form, version 1:
    ///
    /// | bytes | content |
    /// |---|---|
    /// | 1 | version |
    /// | 8, 8 | `started_at`, `completed_at`: microseconds since 1970-01-01T00:00:00Z |
    /// | 8 × 5 | token counts: hit, miss, write, write 1 h, output |
    /// | 8 | requests |
    /// | 1 + n, three times | model, channel, service tier: byte count, then UTF-8 |
    ///
    /// Integers are signed, big-endian, two's complement.
    public var canonicalPayload: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(68 + model.text.utf8.count + channel.text.utf8.count + serviceTier.text.utf8.count)
        canonicalPayload(into: &bytes)
        return bytes
    }

    /// Appends ``canonicalPayload`` to a buffer, so that one buffer can serve a whole batch.
    public func canonicalPayload(into buffer: inout [UInt8]) {
        buffer.append(Self.canonicalPayloadVersion)
        Self.append(startedAt.microseconds, to: &buffer)
        Self.append(completedAt.microseconds, to: &buffer)
        for tokenClass in TokenClass.allCases { Self.append(tokens[tokenClass], to: &buffer) }
        Self.append(requests, to: &buffer)
        for name in [model, channel, serviceTier] {
            // An identifier has at most 255 bytes, so that its length always fits in one.
            buffer.append(UInt8(truncatingIfNeeded: name.text.utf8.count))
            buffer.append(contentsOf: name.text.utf8)
        }
    }

    private static func append(_ value: Int64, to buffer: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) { buffer.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
