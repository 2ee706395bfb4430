import PostgresWire
import TestKit
import Testing

/// Every type goes to the server and comes back as the server understood it: by its binary form and by its text.
struct ValueRoundTripTests {
    struct Case<T: PostgresValue & Equatable>: Sendable, CustomTestStringConvertible {
        var value: T
        var type: String
        var text: String
        var testDescription: String { "\(type) \(text.prefix(40))" }
    }

    private func check<T: Equatable>(_ sample: Case<T>) throws {
        let connection = try Wire.connect()
        #expect(try connection.value("SELECT \(sample.value)") == sample.value)
        #expect(try connection.value("SELECT \(unsafe: quoted(sample.text))::\(unsafe: sample.type)") == sample.value)
        #expect(try connection.value("SELECT (\(sample.value))::text", as: String.self) == sample.text)
        #expect(try connection.query(OneOrNull<T>("SELECT \(nil as T?)")) == [nil])
        #expect(try connection.query(OneOrNull<T>("SELECT \(sample.value as T?)")) == [sample.value])
    }

    private func quoted(_ text: String) -> String {
        "E'" + text.flatMap { ["'", "\\"].contains($0) ? ["\\", $0] : [$0] } + "'"
    }

    @Test(arguments: [
        Case(value: Int16.min, type: "int2", text: "-32768"), Case(value: -1, type: "int2", text: "-1"),
        Case(value: 0, type: "int2", text: "0"), Case(value: Int16.max, type: "int2", text: "32767"),
    ])
    func int16(sample: Case<Int16>) throws { try check(sample) }

    @Test(arguments: [
        Case(value: Int32.min, type: "int4", text: "-2147483648"), Case(value: -1, type: "int4", text: "-1"),
        Case(value: 0, type: "int4", text: "0"), Case(value: Int32.max, type: "int4", text: "2147483647"),
    ])
    func int32(sample: Case<Int32>) throws { try check(sample) }

    @Test(arguments: [
        Case(value: Int64.min, type: "int8", text: "-9223372036854775808"), Case(value: -1, type: "int8", text: "-1"),
        Case(value: 0, type: "int8", text: "0"), Case(value: Int64.max, type: "int8", text: "9223372036854775807"),
    ])
    func int64(sample: Case<Int64>) throws { try check(sample) }

    @Test(arguments: [
        Case(value: true, type: "bool", text: "true"), Case(value: false, type: "bool", text: "false"),
    ])
    func bool(sample: Case<Bool>) throws { try check(sample) }

    @Test(arguments: [
        Case(value: "", type: "text", text: ""), Case(value: "plain", type: "text", text: "plain"),
        Case(value: "'; DROP TABLE t; --", type: "text", text: "'; DROP TABLE t; --"),
        Case(value: "\\ \" \u{1} \n \r\n \t", type: "text", text: "\\ \" \u{1} \n \r\n \t"),
        Case(value: "åé 漢字 🏳️‍🌈 \u{10FFFF}", type: "text", text: "åé 漢字 🏳️‍🌈 \u{10FFFF}"),
        Case(
            value: String(repeating: "ü", count: 1_000_000), type: "text",
            text: String(repeating: "ü", count: 1_000_000)),
    ])
    func string(sample: Case<String>) throws { try check(sample) }

    @Test(arguments: ["name", "varchar(20)", "char(5)", "text"])
    func everyTextTypeIsReadAsString(type: String) throws {
        #expect(try Wire.connect().value("SELECT 'abcde'::\(unsafe: type)") == "abcde")
    }

    @Test(arguments: [
        Case(value: Timestamp(microseconds: 0), type: "timestamptz", text: "1970-01-01 00:00:00+00"),
        Case(value: Timestamp(microseconds: -1), type: "timestamptz", text: "1969-12-31 23:59:59.999999+00"),
        Case(value: Timestamp(microseconds: 946_684_800_000_000), type: "timestamptz", text: "2000-01-01 00:00:00+00"),
        Case(
            value: Timestamp(microseconds: 1_709_210_096_123_456), type: "timestamptz",
            text: "2024-02-29 12:34:56.123456+00"),
        // The first and the last instant of PostgreSQL that 64 bits of microseconds since 1970 can hold.
        Case(
            value: Timestamp(microseconds: -210_866_803_200_000_000), type: "timestamptz",
            text: "4714-11-24 00:00:00+00 BC"),
        Case(
            value: Timestamp(microseconds: .max), type: "timestamptz",
            text: "294247-01-10 04:00:54.775807+00"),
    ])
    func timestamp(sample: Case<Timestamp>) throws {
        let connection = try Wire.connect()
        try connection.execute("SET timezone = 'UTC'")
        #expect(try connection.value("SELECT \(sample.value)") == sample.value)
        #expect(try connection.value("SELECT \(sample.value)::text", as: String.self) == sample.text)
        #expect(try connection.query(OneOrNull<Timestamp>("SELECT \(nil as Timestamp?)")) == [nil])
    }

    @Test(arguments: ["infinity", "-infinity"])
    func anInfiniteTimestampIsRefused(text: String) throws {
        let error = try #require(throws: PostgresError.self) {
            try Wire.connect().value("SELECT \(text)::text::timestamptz AS ends", as: Timestamp.self)
        }
        #expect(error.code == .decoding)
        #expect(error.message == "column \"ends\": a timestamp is infinite; expected an instant")
    }

    /// `-infinity` is Int64.min microseconds from 2000: no timestamp may be sent as that by accident.
    @Test(arguments: [Int64.min, Int64.min + 946_684_799_999_999, Int64.min + 946_684_800_000_000])
    func aTimestampThatCannotBeSentIsRefused(microseconds: Int64) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.execute("SELECT \(Timestamp(microseconds: microseconds))")
        }
        #expect(error.code == .encoding)
        #expect(connection.isUsable)
    }

    @Test func aTimestampBeforeTheServersFirstIsRefusedByIt() throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.execute("SELECT \(Timestamp(microseconds: .min + 946_684_800_000_001))")
        }
        #expect(error.sqlState == "22008")
        #expect(try connection.value("SELECT 1::int8") == Int64(1))
    }

    @Test func aTimestampOfTheServersThatDoesNotFitIsRefused() throws {
        let error = try #require(throws: PostgresError.self) {
            try Wire.connect().value("SELECT '294276-12-31 23:59:59Z'::timestamptz AS ends", as: Timestamp.self)
        }
        #expect(error.code == .decoding)
        #expect(error.message == "column \"ends\": a timestamp lies after the year 294246; expected one before")
    }

    @Test(arguments: [
        Case(value: WireUUID(high: 0, low: 0), type: "uuid", text: "00000000-0000-0000-0000-000000000000"),
        Case(value: WireUUID(high: .max, low: .max), type: "uuid", text: "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        Case(
            value: WireUUID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210), type: "uuid",
            text: "01234567-89ab-cdef-fedc-ba9876543210"),
    ])
    func uuid(sample: Case<WireUUID>) throws { try check(sample) }

    @Test(arguments: [[UInt8](), [0], Array(0...255), [UInt8](repeating: 0xEE, count: 3_000_000)])
    func bytes(value: [UInt8]) throws {
        let connection = try Wire.connect()
        #expect(try connection.value("SELECT \(value)") == value)
        #expect(try connection.value("SELECT length(\(value))::int8") == Int64(value.count))
        #expect(try connection.query(OneOrNull<[UInt8]>("SELECT \(nil as [UInt8]?)")) == [nil])
    }

    @Test(arguments: ["a\0", "\0", "a\0b"])
    func aNULInATextIsRefused(text: String) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) { try connection.execute("SELECT \(text)") }
        #expect(error.code == .encoding)
        #expect(try connection.value("SELECT 'still there'") == "still there")
    }
}
