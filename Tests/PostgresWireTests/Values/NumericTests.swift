import PostgresWire
import TestKit
import Testing

/// A numeric is exact: what the server reads is the number that was sent, with its decimals.
struct NumericTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var units: Int128
        var scale: Int
        var text: String
        var testDescription: String { text }
    }

    static let cases: [Case] = [
        Case(units: 0, scale: 0, text: "0"),
        Case(units: 0, scale: 3, text: "0.000"),
        Case(units: 0, scale: 38, text: "0." + String(repeating: "0", count: 38)),
        Case(units: 1, scale: 0, text: "1"),
        Case(units: -1, scale: 0, text: "-1"),
        Case(units: 1, scale: 1, text: "0.1"),
        Case(units: -1, scale: 4, text: "-0.0001"),
        Case(units: 1, scale: 5, text: "0.00001"),
        Case(units: 1, scale: 38, text: "0." + String(repeating: "0", count: 37) + "1"),
        Case(units: 10_000, scale: 0, text: "10000"),
        Case(units: 10_000, scale: 4, text: "1.0000"),
        Case(units: 10_000, scale: 5, text: "0.10000"),
        Case(units: 9_999, scale: 4, text: "0.9999"),
        Case(units: 100_000_000, scale: 2, text: "1000000.00"),
        Case(units: 12_345_678_901_234_567_890, scale: 10, text: "1234567890.1234567890"),
        Case(units: .max, scale: 0, text: "170141183460469231731687303715884105727"),
        Case(units: .min, scale: 0, text: "-170141183460469231731687303715884105728"),
        Case(units: .max, scale: 2, text: "1701411834604692317316873037158841057.27"),
        Case(units: .min, scale: 37, text: "-17.0141183460469231731687303715884105728"),
        Case(units: .max, scale: 38, text: "1.70141183460469231731687303715884105727"),
        Case(units: .min, scale: 38, text: "-1.70141183460469231731687303715884105728"),
    ]

    @Test(arguments: cases)
    func aNumericGoesThereAndBack(sample: Case) throws {
        let connection = try Wire.connect()
        let value = Numeric(units: sample.units, scale: sample.scale)
        #expect(try connection.value("SELECT \(value)") == value)
        #expect(try connection.value("SELECT \(value)::text", as: String.self) == sample.text)
        #expect(try connection.value("SELECT '\(unsafe: sample.text)'::numeric") == value)
    }

    @Test(arguments: 0...38)
    func everyScaleKeepsItsDecimals(scale: Int) throws {
        let connection = try Wire.connect()
        for units: Int128 in [0, 1, -1, 9, 10, 9_999, 10_000, -10_001, 1_000_000_000_000_000_000_000, .max, .min] {
            let value = Numeric(units: units, scale: scale)
            #expect(try connection.value("SELECT \(value)::text", as: String.self) == Self.text(value))
            #expect(try connection.value("SELECT \(value)") == value)
        }
    }

    @Test func randomNumericsReadAsTheirText() async throws {
        try await withSeed { generator in
            let values = (0..<4_000).map { _ in Self.random(&generator) }
            let connection = try Wire.connect()
            let texts = try connection.query(
                One<String>("SELECT n::text FROM unnest(\(values)) WITH ORDINALITY AS t(n, i) ORDER BY i"))
            #expect(texts == values.map(Self.text))
            // From text, and therefore from digits that the server grouped.
            let read = try connection.query(
                One<Numeric>("SELECT t::numeric FROM unnest(\(texts)) WITH ORDINALITY AS u(t, i) ORDER BY i"))
            #expect(read == values)
        }
    }

    @Test(arguments: ["NaN", "Infinity", "-Infinity"])
    func whatIsNoNumberIsRefused(text: String) throws {
        let error = try #require(throws: PostgresError.self) {
            try Wire.connect().value("SELECT '\(unsafe: text)'::numeric AS amount", as: Numeric.self)
        }
        #expect(error.code == .decoding)
        #expect(error.message == "column \"amount\": a numeric is NaN or infinite; expected a number")
    }

    @Test(arguments: [
        "170141183460469231731687303715884105728", "-170141183460469231731687303715884105729",
        "17.01411834604692317316873037158841057270", "1e60", "-1e4000", "1e131071",
    ])
    func whatDoesNotFitIsRefused(text: String) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.value("SELECT '\(unsafe: text)'::numeric AS amount", as: Numeric.self)
        }
        #expect(error.code == .decoding)
        #expect(error.message == "column \"amount\": a numeric does not fit in 128 bits")
        #expect(connection.isUsable)
    }

    @Test(arguments: ["0." + String(repeating: "0", count: 38) + "1", "1e-16383"])
    func moreThan38DecimalsAreRefused(text: String) throws {
        let error = try #require(throws: PostgresError.self) {
            try Wire.connect().value("SELECT '\(unsafe: text)'::numeric", as: Numeric.self)
        }
        #expect(error.message.hasSuffix("decimals; expected at most 38"))
    }

    @Test(arguments: [-1, 39, Int.max, Int.min])
    func aScaleOutOfRangeIsNotSent(scale: Int) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.execute("SELECT \(Numeric(units: 1, scale: scale))")
        }
        #expect(error.code == .encoding)
        #expect(connection.isUsable)
    }

    @Test func rescalingIsExactOrNothing() {
        #expect(Numeric(units: 15, scale: 1).rescaled(to: 3) == Numeric(units: 1_500, scale: 3))
        #expect(Numeric(units: 1_500, scale: 3).rescaled(to: 1) == Numeric(units: 15, scale: 1))
        #expect(Numeric(units: 1_501, scale: 3).rescaled(to: 1) == nil)
        #expect(Numeric(units: .max, scale: 0).rescaled(to: 1) == nil)
        #expect(Numeric(units: .min, scale: 0).rescaled(to: 0) == Numeric(units: .min, scale: 0))
        #expect(Numeric(units: -120, scale: 2).rescaled(to: 1) == Numeric(units: -12, scale: 1))
    }

    /// Of every length of digits, and often with runs of zeros, where the base-10,000 form drops digits.
    private static func random(_ generator: inout SeededGenerator) -> Numeric {
        let bits = Int.random(in: 0...126, using: &generator)
        var units = Int128(truncatingIfNeeded: generator.next()) << 64 | Int128(generator.next())
        units >>= Int128(127 - bits)
        for _ in 0..<Int.random(in: 0...12, using: &generator) where Bool.random(using: &generator) {
            let (product, overflow) = units.multipliedReportingOverflow(by: 10)
            if !overflow { units = product }
        }
        return Numeric(units: units, scale: Int.random(in: 0...38, using: &generator))
    }

    private static func text(_ value: Numeric) -> String {
        var digits = String(value.units.magnitude)
        if digits.count <= value.scale {
            digits = String(repeating: "0", count: value.scale + 1 - digits.count) + digits
        }
        let sign = value.units < 0 ? "-" : ""
        if value.scale == 0 { return sign + digits }
        return sign + digits.dropLast(value.scale) + "." + digits.suffix(value.scale)
    }
}
