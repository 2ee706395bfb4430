/// A value that goes to the server and comes back in PostgreSQL's binary format.
public protocol PostgresValue: Sendable {
    /// The type that a parameter is declared as, as in `pg_type`.
    static var typeOID: UInt32 { get }
    /// Whether a column of that type can be read as this.
    static func reads(typeOID: UInt32) -> Bool
    /// Writes the value's bytes.
    func encode(into buffer: inout WireBuffer) throws(PostgresError)
    /// Reads the value's bytes.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Self
}

extension PostgresValue {
    /// By default, only columns of the parameter's own type.
    public static func reads(typeOID: UInt32) -> Bool { typeOID == self.typeOID }
}

/// A value that arrays can have as elements.
public protocol PostgresScalar: PostgresValue, PostgresArrayElement {
    /// The type of arrays of it.
    static var arrayTypeOID: UInt32 { get }
}

extension PostgresValue where Self: FixedWidthInteger {
    /// Writes it in network order.
    public func encode(into buffer: inout WireBuffer) throws(PostgresError) { buffer.write(self) }

    /// Reads it from network order.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Self {
        var reader = WireReader(bytes)
        let value = try reader.read(Self.self)
        try reader.end()
        return value
    }
}

extension Int16: PostgresScalar {
    /// `int2`
    public static var typeOID: UInt32 { 21 }
    /// `int2[]`
    public static var arrayTypeOID: UInt32 { 1005 }
}

extension Int32: PostgresScalar {
    /// `int4`
    public static var typeOID: UInt32 { 23 }
    /// `int4[]`
    public static var arrayTypeOID: UInt32 { 1007 }
}

extension Int64: PostgresScalar {
    /// `int8`
    public static var typeOID: UInt32 { 20 }
    /// `int8[]`
    public static var arrayTypeOID: UInt32 { 1016 }
}

extension Bool: PostgresScalar {
    /// `bool`
    public static var typeOID: UInt32 { 16 }
    /// `bool[]`
    public static var arrayTypeOID: UInt32 { 1000 }

    /// Writes 1 or 0.
    public func encode(into buffer: inout WireBuffer) throws(PostgresError) { buffer.write(UInt8(self ? 1 : 0)) }

    /// Reads 1 or 0.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Bool {
        var reader = WireReader(bytes)
        let value = try reader.read(UInt8.self)
        try reader.end()
        return value != 0
    }
}

extension String: PostgresScalar {
    /// `text`
    public static var typeOID: UInt32 { 25 }
    /// `text[]`
    public static var arrayTypeOID: UInt32 { 1009 }
    /// `text`, `name`, `unknown`, `bpchar`, `varchar`
    public static func reads(typeOID: UInt32) -> Bool { [25, 19, 705, 1042, 1043].contains(typeOID) }

    /// Writes UTF-8. NUL is refused: the server's text cannot hold it.
    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        var text = self
        let hasNUL = text.withUTF8 { bytes in
            if bytes.contains(0) { return true }
            buffer.write(UnsafeRawBufferPointer(bytes))
            return false
        }
        if hasNUL { throw .encoding("a text contains a NUL character, which PostgreSQL cannot store") }
    }

    /// Reads UTF-8.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .decoding("a text is not UTF-8") }
        return text
    }
}

/// A `timestamptz`: microseconds since 1970-01-01T00:00:00Z. Never infinite.
public struct Timestamp: PostgresScalar, Hashable, Comparable {
    /// Microseconds since the Unix epoch.
    public var microseconds: Int64

    /// The timestamp so many microseconds from the Unix epoch.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// PostgreSQL counts from 2000-01-01.
    @usableFromInline static let epochOffset: Int64 = 946_684_800_000_000

    /// `timestamptz`
    public static var typeOID: UInt32 { 1184 }
    /// `timestamptz[]`
    public static var arrayTypeOID: UInt32 { 1185 }

    /// Writes microseconds since 2000.
    public func encode(into buffer: inout WireBuffer) throws(PostgresError) { buffer.write(try sinceServerEpoch) }

    /// Microseconds since 2000.
    @inlinable var sinceServerEpoch: Int64 {
        get throws(PostgresError) {
            let (value, overflow) = microseconds.subtractingReportingOverflow(Self.epochOffset)
            // The least value stands for -infinity.
            if overflow || value == .min { throw .encoding("a timestamp lies before the year -290000") }
            return value
        }
    }

    /// Reads microseconds since 2000; the infinities are refused.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Timestamp {
        let value = try Int64.decode(bytes)
        if value == .min || value == .max { throw .decoding("a timestamp is infinite; expected an instant") }
        let (microseconds, overflow) = value.addingReportingOverflow(epochOffset)
        if overflow { throw .decoding("a timestamp lies after the year 294246; expected one before") }
        return Timestamp(microseconds: microseconds)
    }

    /// Chronological order.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
}

/// A `uuid`, as its sixteen bytes.
public struct WireUUID: PostgresScalar, Hashable {
    /// The first and the last eight bytes, in network order.
    public var high: UInt64, low: UInt64

    /// The uuid of these two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `uuid`
    public static var typeOID: UInt32 { 2950 }
    /// `uuid[]`
    public static var arrayTypeOID: UInt32 { 2951 }

    /// Writes sixteen bytes.
    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        buffer.write(high)
        buffer.write(low)
    }

    /// Reads sixteen bytes.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> WireUUID {
        var reader = WireReader(bytes)
        let value = WireUUID(high: try reader.read(), low: try reader.read())
        try reader.end()
        return value
    }
}
