public import CTaximeter
import PostgresWire
import Taximeter
import TaximeterPostgres

/// A meter with its spool, and with the courier that ships it where there is a store.
final class MeterObject {
    let spool: Spool
    let meter: Meter
    private let courier: Courier?
    private let store: Store?

    init(_ folder: String, _ store: Store?, _ options: taximeter_options) throws {
        for (name, value) in [
            ("spool_byte_limit", options.spool_byte_limit), ("flush_interval", options.flush_interval),
            ("buffered_events", options.buffered_events), ("name_limit", options.name_limit),
            ("durability_deadline", options.durability_deadline),
        ] where value <= 0 { throw Failure.invalid("\(name) is \(value); expected more than 0") }
        guard options.group_commit >= 0, options.wait_for_room >= 0 else {
            throw Failure.invalid("group_commit and wait_for_room are not less than 0")
        }
        spool = try Spool(folder, options: SpoolOptions(byteLimit: Int(options.spool_byte_limit)))
        meter = Meter(
            spool: spool,
            options: MeterOptions(
                backPressure: options.wait_for_room == 0
                    ? .refuse : .block(upTo: .milliseconds(options.wait_for_room)),
                flushInterval: .milliseconds(options.flush_interval),
                groupCommit: .microseconds(options.group_commit),
                durabilityDeadline: .milliseconds(options.durability_deadline),
                bufferedEventCount: Int(options.buffered_events), nameLimit: Int(options.name_limit)))
        self.store = store
        courier = store.map { [spool] in Courier(spool, to: $0) }
        courier?.start()
    }

    func close(within limit: Duration) throws {
        let failure = Result { try meter.close(within: max(limit, .seconds(10))) }
        courier?.stop(drainingFor: limit)
        spool.close()
        try failure.get()
    }

    /// The event by this meter's handles.
    @inline(__always)
    func event(_ event: taximeter_event) throws -> MeterEvent {
        guard let startedAt = Instant(microseconds: event.started_at),
            let completedAt = Instant(microseconds: event.completed_at)
        else {
            throw Failure(
                TAXIMETER_INVALID_EVENT,
                "started_at is \(event.started_at) and completed_at \(event.completed_at); expected microseconds of the years 1 to 9999"
            )
        }
        guard let account = meter.account(numbered: event.account), let model = meter.model(numbered: event.model),
            let channel = meter.channel(numbered: event.channel),
            let serviceTier = meter.serviceTier(numbered: event.service_tier)
        else {
            throw Failure(
                TAXIMETER_FOREIGN_HANDLE, "account, model, channel or service_tier is no number of this meter")
        }
        return MeterEvent(
            account: account, model: model, channel: channel, serviceTier: serviceTier, startedAt: startedAt,
            completedAt: completedAt,
            tokens: TokenCounts(
                cacheHit: event.cache_hit, cacheMiss: event.cache_miss, cacheWrite: event.cache_write,
                cacheWrite1h: event.cache_write_1h, output: event.output),
            requests: event.requests)
    }

    @inline(__always)
    func record(_ event: UnsafePointer<taximeter_event>?, _ id: UnsafePointer<CChar>?, _ length: Int) throws {
        guard let event else { throw Failure.invalid("event is NULL") }
        let usage = try self.event(event.pointee)
        guard let id else {
            try meter.record(usage)
            return
        }
        guard length >= 0 else { throw Failure.invalid("the length of request_id is negative") }
        let bytes = UnsafeRawBufferPointer(start: id, count: length).bindMemory(to: UInt8.self)
        try meter.record(usage, requestID: bytes.span)
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_options_default(_ options: UnsafeMutablePointer<taximeter_options>!) {
    options?.pointee = defaultOptions
}

private let defaultOptions = taximeter_options(
    size: MemoryLayout<taximeter_options>.size, spool_byte_limit: 1 << 30, flush_interval: 100, group_commit: 2_000,
    wait_for_room: 1_000, durability_deadline: 30_000, buffered_events: 131_072, name_limit: 100_000)

/// See `taximeter.h`.
@c @implementation
public func taximeter_meter_open(
    _ folder: UnsafePointer<CChar>!, _ store: OpaquePointer!, _ options: UnsafePointer<taximeter_options>!,
    _ meter: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    call {
        guard let folder, let path = String(validatingCString: folder), let meter else {
            throw Failure.invalid("folder or meter is NULL, or the path is not UTF-8")
        }
        if let options, options.pointee.size != MemoryLayout<taximeter_options>.size {
            throw Failure.invalid("options.size is \(options.pointee.size); taximeter_options_default sets it")
        }
        let store = try store.map { try Handle<StoreObject>.object($0).store }
        meter.pointee = Handle.give(try MeterObject(path, store, options?.pointee ?? defaultOptions))
    }
}

/// Gives a name its number.
private func intern(
    _ meter: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ length: Int, _ number: UnsafeMutablePointer<UInt32>?,
    _ numbered: (Meter, Identifier) throws -> UInt32
) -> Int32 {
    call {
        guard let number else { throw Failure.invalid("number is NULL") }
        number.pointee = try numbered(Handle<MeterObject>.object(meter).meter, identifier(name, length, "name"))
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_account(
    _ meter: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ length: Int, _ number: UnsafeMutablePointer<UInt32>!
) -> Int32 {
    intern(meter, name, length, number) { try $0.account($1).number }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_model(
    _ meter: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ length: Int, _ number: UnsafeMutablePointer<UInt32>!
) -> Int32 {
    intern(meter, name, length, number) { try $0.model($1).number }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_channel(
    _ meter: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ length: Int, _ number: UnsafeMutablePointer<UInt32>!
) -> Int32 {
    intern(meter, name, length, number) { try $0.channel($1).number }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_service_tier(
    _ meter: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ length: Int, _ number: UnsafeMutablePointer<UInt32>!
) -> Int32 {
    intern(meter, name, length, number) { try $0.serviceTier($1).number }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_record(
    _ meter: OpaquePointer!, _ event: UnsafePointer<taximeter_event>!, _ request_id: UnsafePointer<CChar>!,
    _ id_length: Int
) -> Int32 {
    call { try Handle<MeterObject>.object(meter).record(event, request_id, id_length) }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_record_durably(
    _ meter: OpaquePointer!, _ event: UnsafePointer<taximeter_event>!, _ request_id: UnsafePointer<CChar>!,
    _ id_length: Int
) -> Int32 {
    call {
        let meter = try Handle<MeterObject>.object(meter)
        try meter.record(event, request_id, id_length)
        try meter.meter.flush(within: meter.meter.durabilityDeadline)
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_record_reversal(
    _ meter: OpaquePointer!, _ event: UnsafePointer<taximeter_event>!, _ request_id: UnsafePointer<CChar>!,
    _ id_length: Int
) -> Int32 {
    call {
        let meter = try Handle<MeterObject>.object(meter)
        guard let event else { throw Failure.invalid("event is NULL") }
        try meter.meter.recordReversal(
            of: meter.event(event.pointee), requestID: text(request_id, id_length, "request_id"))
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_record_batch(
    _ meter: OpaquePointer!, _ events: UnsafePointer<taximeter_event>!, _ count: Int, _ ids: UnsafePointer<CChar>!,
    _ id_ends: UnsafePointer<Int>!, _ codes: UnsafeMutablePointer<Int32>!, _ accepted: UnsafeMutablePointer<Int>!
) -> Int32 {
    accepted?.pointee = 0
    var first = TAXIMETER_OK
    let outcome = call {
        let meter = try Handle<MeterObject>.object(meter)
        guard count >= 0, events != nil || count == 0, (ids == nil) == (id_ends == nil) else {
            throw Failure.invalid("events is NULL, count is negative, or only one of ids and id_ends is NULL")
        }
        var recorded = 0
        var end = 0
        for place in 0..<count {
            let start = end
            if let id_ends { end = id_ends[place] }
            let code = call { try meter.record(events + place, ids.map { $0 + start }, end - start) }
            codes?[place] = code
            if code == TAXIMETER_OK { recorded += 1 } else if first == TAXIMETER_OK { first = code }
        }
        accepted?.pointee = recorded
    }
    return outcome == TAXIMETER_OK ? first : outcome
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_flush(_ meter: OpaquePointer!, _ milliseconds: Int64) -> Int32 {
    call { try Handle<MeterObject>.object(meter).meter.flush(within: .milliseconds(milliseconds)) }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_meter_counts(
    _ meter: OpaquePointer!, _ counts: UnsafeMutablePointer<taximeter_counts>!
) -> Int32 {
    call {
        let now = try Handle<MeterObject>.object(meter).meter.counts
        counts?.pointee = taximeter_counts(
            accepted: Int64(now.accepted), refused: Int64(now.refused), durable: Int64(now.durable))
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_meter_close(_ meter: OpaquePointer!, _ milliseconds: Int64) -> Int32 {
    call { try Handle<MeterObject>.take(meter)?.close(within: .milliseconds(max(0, milliseconds))) }
}
