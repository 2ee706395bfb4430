import PostgresWire
import TestKit
import Testing

/// Arrays of every element type, from none to ten thousand.
struct ArrayTests {
    private func check<T: PostgresArrayElement & Equatable>(_ type: String, _ element: (Int) -> T) throws {
        let connection = try Wire.connect()
        for count in [0, 1, 2, 10_000] {
            let value = (0..<count).map(element)
            #expect(try connection.value("SELECT \(value)") == value, "\(count) of \(type)")
            #expect(try connection.value("SELECT coalesce(cardinality(\(value)), -1)") == Int32(count))
            #expect(
                try connection.value("SELECT ARRAY(SELECT unnest(\(value)))::\(unsafe: type)[]") == value,
                "\(count) of \(type), built by the server")
        }
        #expect(try connection.query(OneOrNull<[T]>("SELECT NULL::\(unsafe: type)[]")) == [nil])
        #expect(try connection.query(OneOrNull<[T]>("SELECT \(nil as [T]?)")) == [nil])
        #expect(try connection.value("SELECT pg_typeof(\([T]()))::text", as: String.self) == Self.canonical[type])
    }

    private static let canonical = [
        "int2": "smallint[]", "int4": "integer[]", "int8": "bigint[]", "bool": "boolean[]", "text": "text[]",
        "timestamptz": "timestamp with time zone[]", "uuid": "uuid[]", "numeric": "numeric[]", "bytea": "bytea[]",
    ]

    @Test func int16() throws { try check("int2") { Int16(truncatingIfNeeded: $0 &* 7_919) } }
    @Test func int32() throws { try check("int4") { Int32(truncatingIfNeeded: $0 &* 1_000_003 - 5) } }
    @Test func int64() throws { try check("int8") { Int64($0) &* 0x7FFF_FFFF_FFF1 } }
    @Test func bool() throws { try check("bool") { $0 % 3 == 0 } }
    @Test func string() throws { try check("text") { ["", "NULL", "{a,\"b\"}", "ü 漢 \\ '", "x\($0)"][$0 % 5] } }
    @Test func timestamp() throws { try check("timestamptz") { Timestamp(microseconds: Int64($0) * 86_399_999_999) } }
    @Test func uuid() throws { try check("uuid") { WireUUID(high: UInt64($0), low: ~UInt64($0)) } }
    @Test func numeric() throws {
        try check("numeric") { Numeric(units: Int128($0) * -98_765_432_101, scale: $0 % 39) }
    }
    @Test func bytes() throws {
        try check("bytea") { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0 % 4) }
    }

    @Test(arguments: [
        ("SELECT ARRAY[1, NULL, 3] AS a", "column \"a\": an array has a NULL element; expected none"),
        ("SELECT ARRAY[[1, 2], [3, 4]] AS a", "column \"a\": an array has 2 dimensions; expected one"),
    ])
    func whatASwiftArrayCannotHoldIsRefused(sql: String, message: String) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.value(SQL(unsafe: sql), as: [Int32].self)
        }
        #expect(error.code == .decoding)
        #expect(error.message == message)
        #expect(connection.isUsable)
    }

    @Test func boundsThatDoNotBeginAtOneAreRead() throws {
        #expect(try Wire.connect().value("SELECT '[-3:-1]={7,8,9}'::int4[]") == [Int32(7), 8, 9])
    }

    /// An element's failure sends nothing, and names itself.
    @Test func anElementThatCannotBeSentIsRefused() throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) { try connection.execute("SELECT \(["ok", "a\0"])") }
        #expect(error.code == .encoding)
        #expect(try connection.value("SELECT 1::int4") == Int32(1))
    }
}
