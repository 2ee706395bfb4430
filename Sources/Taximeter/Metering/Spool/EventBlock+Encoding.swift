/// A block as the payload of a frame.
///
/// Numbers are varints. First the four dictionaries (accounts, models, channels, service tiers): how many names, then
/// each as byte count and bytes. Then how many rows, how many bytes their ids have, and the rows:
///
/// | field | when |
/// |---|---|
/// | flags, one byte: 1 reversal, 2 names as before, 4 `requests` follows, 8 cache writes follow, 16 and 32 the id's ``PackedID/Form``, 64 the id has a prefix | always |
/// | account | always |
/// | model, channel, service tier | without flag 2 |
/// | the prefix: its length (with a packed end), how many bytes it shares with the id before (and, with a packed end, the rest of it) | flag 64 |
/// | the id's rest: byte count and bytes; or 16 bytes; or the difference of the lower half | by form |
/// | `completed_at` less that of the row before, zigzag; `completed_at` less `started_at` | always |
/// | hit, miss; output | always |
/// | write, write 1 h | flag 8 |
/// | requests | flag 4 |
extension EventBlock {
    enum Flag {
        static let reversal: UInt8 = 1
        static let sameNames: UInt8 = 2
        static let requests: UInt8 = 4
        static let writes: UInt8 = 8
        static let prefix: UInt8 = 64
        static let formShift: UInt8 = 4
    }

    /// Appends the block to a buffer.
    func encode(into buffer: inout [UInt8]) {
        for names in [accounts, models, channels, serviceTiers] {
            buffer.appendVarint(UInt64(names.count))
            for name in names {
                buffer.appendVarint(UInt64(name.text.utf8.count))
                buffer.append(contentsOf: name.text.utf8)
            }
        }
        buffer.appendVarint(UInt64(rows.count))
        buffer.appendVarint(UInt64(requestIDs.count))
        buffer.reserveCapacity(buffer.count + 48 * rows.count)
        var before = RowContext()
        for row in rows { encode(row, &before, into: &buffer) }
    }

    /// What the row before leaves for the next.
    struct RowContext {
        var model: Int32 = -1
        var channel: Int32 = -1
        var serviceTier: Int32 = -1
        var completedAt: Int64 = 0
        /// Where its id lies in ``EventBlock/requestIDs``.
        var id: Range<Int> = 0..<0
        /// Its id as a UUID, if it is one.
        var uuid: (high: UInt64, low: UInt64)?
    }

    private func encode(_ row: Row, _ before: inout RowContext, into buffer: inout [UInt8]) {
        let start = buffer.count
        let sameNames =
            row.model == before.model && row.channel == before.channel && row.serviceTier == before.serviceTier
        let hasWrites = row.tokens.cacheWrite | row.tokens.cacheWrite1h != 0
        var flags: UInt8 = row.kind == .reversal ? Flag.reversal : 0
        if sameNames { flags |= Flag.sameNames }
        if row.requests != 1 { flags |= Flag.requests }
        if hasWrites { flags |= Flag.writes }
        buffer.append(flags)
        buffer.appendVarint(UInt64(UInt32(bitPattern: row.account)))
        if !sameNames {
            buffer.appendVarint(UInt64(UInt32(bitPattern: row.model)))
            buffer.appendVarint(UInt64(UInt32(bitPattern: row.channel)))
            buffer.appendVarint(UInt64(UInt32(bitPattern: row.serviceTier)))
            (before.model, before.channel, before.serviceTier) = (row.model, row.channel, row.serviceTier)
        }
        buffer[start] |= encodeID(of: row, &before, into: &buffer)
        let completedAt = row.completedAt.microseconds
        buffer.appendVarint(ZigZag.encode(completedAt &- before.completedAt))
        before.completedAt = completedAt
        buffer.appendVarint(UInt64(bitPattern: completedAt &- row.startedAt.microseconds))
        buffer.appendVarint(UInt64(bitPattern: row.tokens.cacheHit))
        buffer.appendVarint(UInt64(bitPattern: row.tokens.cacheMiss))
        buffer.appendVarint(UInt64(bitPattern: row.tokens.output))
        if hasWrites {
            buffer.appendVarint(UInt64(bitPattern: row.tokens.cacheWrite))
            buffer.appendVarint(UInt64(bitPattern: row.tokens.cacheWrite1h))
        }
        if row.requests != 1 { buffer.appendVarint(UInt64(bitPattern: row.requests)) }
    }

    /// Writes the id, and returns the flags that tell how.
    private func encodeID(of row: Row, _ before: inout RowContext, into buffer: inout [UInt8]) -> UInt8 {
        let id = Int(row.requestIDStart)..<Int(row.requestIDStart + row.requestIDLength)
        defer { before.id = id }
        for form in [PackedID.Form.uuid, .hex] {
            guard let number = PackedID.number(in: requestIDs, id, form) else { continue }
            let prefix = id.lowerBound..<id.upperBound - form.textLength
            var flags: UInt8 = 0
            if !prefix.isEmpty {
                flags = Flag.prefix
                let shared = sharedPrefix(prefix, before.id)
                buffer.appendVarint(UInt64(prefix.count))
                buffer.appendVarint(UInt64(shared))
                buffer.append(contentsOf: requestIDs[prefix.dropFirst(shared)])
            }
            guard form == .uuid else {
                before.uuid = nil
                appendBigEndian(number.high, number.low, to: &buffer)
                return flags | form.rawValue << Flag.formShift
            }
            defer { before.uuid = number }
            if let near = before.uuid, near.high == number.high {
                buffer.appendVarint(ZigZag.encode(Int64(bitPattern: number.low &- near.low)))
                return flags | PackedID.Form.nearUUID.rawValue << Flag.formShift
            }
            appendBigEndian(number.high, number.low, to: &buffer)
            return flags | form.rawValue << Flag.formShift
        }
        before.uuid = nil
        let shared = sharedPrefix(id, before.id)
        if shared > 0 { buffer.appendVarint(UInt64(shared)) }
        buffer.appendVarint(UInt64(id.count - shared))
        buffer.append(contentsOf: requestIDs[id.dropFirst(shared)])
        return shared > 0 ? Flag.prefix : 0
    }

    private func sharedPrefix(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        let most = min(left.count, right.count)
        var count = 0
        while count < most, requestIDs[left.lowerBound + count] == requestIDs[right.lowerBound + count] { count += 1 }
        return count
    }

    private func appendBigEndian(_ high: UInt64, _ low: UInt64, to buffer: inout [UInt8]) {
        buffer.appendFixed(high.byteSwapped)
        buffer.appendFixed(low.byteSwapped)
    }
}
