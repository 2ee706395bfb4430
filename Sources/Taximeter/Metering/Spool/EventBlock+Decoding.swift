/// Reads what ``EventBlock/encode(into:)`` wrote, and refuses everything else: a spool may have been written by another
/// program, or by nobody.
extension EventBlock {
    /// Why bytes are no block.
    struct Unreadable: Error, Hashable, CustomStringConvertible {
        /// What could not be read.
        let what: String
        /// Where in the payload.
        let offset: Int

        var description: String { "\(what) at byte \(offset) of the batch cannot be read" }
    }

    /// A block from a frame's payload.
    ///
    /// - Throws: ``Unreadable``, also for values that no ``UsageEvent`` may have.
    init(decoding bytes: [UInt8], _ range: Range<Int>) throws(Unreadable) {
        self.init()
        var reader = BlockReader(ByteReader(bytes, range))
        accounts = try reader.names("an account")
        models = try reader.names("a model")
        channels = try reader.names("a channel")
        serviceTiers = try reader.names("a service tier")
        // A row has 9 bytes at least, so that no number makes us reserve more than the payload is worth.
        guard let count = reader.bytes.varint(upTo: reader.bytes.remaining / 9) else {
            throw reader.unreadable("the number of events")
        }
        guard let idBytes = reader.bytes.varint(upTo: count * Identifier.maximumByteCount) else {
            throw reader.unreadable("the length of the request ids")
        }
        rows.reserveCapacity(count)
        requestIDs.reserveCapacity(idBytes)
        var before = RowContext()
        for _ in 0..<count { try decodeRow(&reader, &before) }
        guard reader.bytes.remaining == 0, requestIDs.count == idBytes else { throw reader.unreadable("the end") }
        guard (try? UTF8Span(validating: requestIDs.span)) != nil, !requestIDs.contains(0) else {
            throw reader.unreadable("a request id that is UTF-8 without NUL")
        }
    }

    private mutating func decodeRow(_ reader: inout BlockReader, _ before: inout RowContext) throws(Unreadable) {
        let flags = try reader.flags()
        let account = try reader.place(in: accounts, "an account")
        if flags & Flag.sameNames == 0 {
            before.model = try reader.place(in: models, "a model")
            before.channel = try reader.place(in: channels, "a channel")
            before.serviceTier = try reader.place(in: serviceTiers, "a service tier")
        } else if before.model < 0 {
            throw reader.unreadable("the names of the first event")
        }
        let id = try decodeID(&reader, flags, &before)
        let completedAt = before.completedAt &+ ZigZag.decode(try reader.number("completed_at"))
        let startedAt = completedAt &- Int64(bitPattern: try reader.number("started_at"))
        let range = UsageEvent.earliestInstant.microseconds...UsageEvent.latestInstant.microseconds
        guard range.contains(completedAt), range.contains(startedAt), startedAt <= completedAt else {
            throw reader.unreadable("an instant")
        }
        before.completedAt = completedAt
        var tokens = TokenCounts()
        tokens.cacheHit = try reader.tokens()
        tokens.cacheMiss = try reader.tokens()
        tokens.output = try reader.tokens()
        if flags & Flag.writes != 0 {
            tokens.cacheWrite = try reader.tokens()
            tokens.cacheWrite1h = try reader.tokens()
        }
        let requests: Int64 = flags & Flag.requests == 0 ? 1 : try reader.requests()
        rows.append(
            Row(
                kind: flags & Flag.reversal == 0 ? .usage : .reversal, account: account, model: before.model,
                channel: before.channel, serviceTier: before.serviceTier,
                requestIDStart: Int32(truncatingIfNeeded: id.lowerBound),
                requestIDLength: Int32(truncatingIfNeeded: id.count), startedAt: Instant(unchecked: startedAt),
                completedAt: Instant(unchecked: completedAt), tokens: tokens, requests: requests))
    }

    /// Appends the id to ``requestIDs``, and says where it lies.
    private mutating func decodeID(
        _ reader: inout BlockReader, _ flags: UInt8, _ before: inout RowContext
    ) throws(Unreadable) -> Range<Int> {
        let start = requestIDs.count
        guard let form = PackedID.Form(rawValue: flags >> Flag.formShift & 3) else { throw reader.unreadable("a flag") }
        let limit = Identifier.maximumByteCount
        if flags & Flag.prefix != 0 {
            let length = form == .plain ? nil : try reader.count("a prefix", upTo: limit - form.textLength)
            let shared = try reader.count("a shared prefix", upTo: min(before.id.count, length ?? limit))
            requestIDs.append(contentsOf: requestIDs[before.id.prefix(shared)])
            if let length { requestIDs.append(contentsOf: try reader.slice("a prefix", length - shared)) }
        }
        switch form {
        case .plain:
            let count = try reader.count("a request id", upTo: limit - (requestIDs.count - start))
            requestIDs.append(contentsOf: try reader.slice("a request id", count))
            before.uuid = nil
        case .uuid, .hex:
            let (high, low) = try reader.halves()
            PackedID.append(high, low, dashed: form == .uuid, to: &requestIDs)
            before.uuid = form == .uuid ? (high, low) : nil
        case .nearUUID:
            guard let near = before.uuid else { throw reader.unreadable("a request id near none") }
            let low = near.low &+ UInt64(bitPattern: ZigZag.decode(try reader.number("a request id")))
            PackedID.append(near.high, low, dashed: true, to: &requestIDs)
            before.uuid = (near.high, low)
        }
        guard requestIDs.count > start else { throw reader.unreadable("an empty request id") }
        // Each id by itself has to be whole characters: a cut between two bytes of one would fit together again.
        guard requestIDs[start] & 0xC0 != 0x80 else { throw reader.unreadable("a request id") }
        before.id = start..<requestIDs.count
        return before.id
    }
}

/// Reads the parts of a block, each with its limits.
private struct BlockReader {
    var bytes: ByteReader
    private let start: Int

    init(_ bytes: ByteReader) {
        self.bytes = bytes
        start = bytes.position
    }

    func unreadable(_ what: String) -> EventBlock.Unreadable {
        EventBlock.Unreadable(what: what, offset: bytes.position - start)
    }

    mutating func names(_ what: String) throws(EventBlock.Unreadable) -> [Identifier] {
        // A name has two bytes at least.
        let count = try self.count("the number of names", upTo: bytes.remaining / 2)
        var names: [Identifier] = []
        names.reserveCapacity(count)
        for _ in 0..<count {
            let slice = try slice(what, try self.count(what, upTo: Identifier.maximumByteCount))
            guard let text = String(validating: slice, as: UTF8.self), let name = try? Identifier(text) else {
                throw unreadable(what)
            }
            names.append(name)
        }
        return names
    }

    mutating func flags() throws(EventBlock.Unreadable) -> UInt8 {
        guard let flags = bytes.fixed(UInt8.self), flags < 0x80 else { throw unreadable("an event's flags") }
        return flags
    }

    mutating func place(in names: [Identifier], _ what: String) throws(EventBlock.Unreadable) -> Int32 {
        Int32(truncatingIfNeeded: try count(what, upTo: names.count - 1, isEmpty: names.isEmpty))
    }

    mutating func number(_ what: String) throws(EventBlock.Unreadable) -> UInt64 {
        guard let value = bytes.varint() else { throw unreadable(what) }
        return value
    }

    mutating func count(_ what: String, upTo limit: Int, isEmpty: Bool = false) throws(EventBlock.Unreadable) -> Int {
        guard !isEmpty, let value = bytes.varint(upTo: limit) else { throw unreadable(what) }
        return value
    }

    mutating func tokens() throws(EventBlock.Unreadable) -> Int64 {
        Int64(try count("a token count", upTo: Int(UsageEvent.maximumTokenCount)))
    }

    mutating func requests() throws(EventBlock.Unreadable) -> Int64 {
        let requests = try count("the number of requests", upTo: Int(UsageEvent.maximumRequestCount))
        guard requests >= 1 else { throw unreadable("the number of requests") }
        return Int64(requests)
    }

    mutating func slice(_ what: String, _ count: Int) throws(EventBlock.Unreadable) -> ArraySlice<UInt8> {
        guard let slice = bytes.slice(count) else { throw unreadable(what) }
        return slice
    }

    mutating func halves() throws(EventBlock.Unreadable) -> (high: UInt64, low: UInt64) {
        guard let high = bytes.fixed(UInt64.self), let low = bytes.fixed(UInt64.self) else {
            throw unreadable("a request id")
        }
        return (high.byteSwapped, low.byteSwapped)
    }
}
