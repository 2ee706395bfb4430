import PostgresWire
import TestKit
import Testing

/// Bytes that no server should send are refused or read as some value; they never stop the process.
struct MalformedValueTests {
    @Test func randomBytesNeverTrap() async throws {
        try await withSeed { generator in
            for _ in 0..<20_000 {
                let length = Int.random(in: 0...40, using: &generator)
                // Small and extreme bytes make counts and lengths that come near to what is there.
                let bytes = (0..<length).map { _ in
                    let byte = UInt8(truncatingIfNeeded: generator.next())
                    return [byte, byte & 3, 0, 0xFF][Int.random(in: 0...3, using: &generator)]
                }
                bytes.withUnsafeBytes { bytes in
                    _ = try? Numeric.decode(bytes)
                    _ = try? Int32.decode(bytes)
                    _ = try? Bool.decode(bytes)
                    _ = try? Timestamp.decode(bytes)
                    _ = try? WireUUID.decode(bytes)
                    _ = try? String.decode(bytes)
                    _ = try? [Int64].decode(bytes)
                    _ = try? [[UInt8]].decode(bytes)
                    _ = try? [Numeric].decode(bytes)
                }
            }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var message: String
    }

    @Test(arguments: [
        Case(
            testDescription: "fewer than no digits", bytes: [0x80, 0, 0, 0, 0, 0, 0, 0],
            message: "a numeric has -32768 digits"),
        Case(
            testDescription: "digits that are not there", bytes: [0, 1, 0, 0, 0, 0, 0, 0],
            message: "a value ends after 0 bytes; expected 2 more"),
        Case(
            testDescription: "a digit far below the scale", bytes: [0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1],
            message: "a numeric has more digits than its scale says"),
        Case(
            testDescription: "bytes left over", bytes: [0, 0, 0, 0, 0, 0, 0, 0, 9],
            message: "a value has 1 bytes too many"),
    ])
    func aMalformedNumericIsRefused(sample: Case) throws {
        let error = try #require(throws: PostgresError.self) {
            try sample.bytes.withUnsafeBytes { try Numeric.decode($0) }
        }
        #expect(error.code == .decoding)
        #expect(error.message == sample.message)
    }

    @Test func aMalformedTextIsRefused() throws {
        let error = try #require(throws: PostgresError.self) {
            try [UInt8]([0xC3, 0x28]).withUnsafeBytes { try String.decode($0) }
        }
        #expect(error.message == "a text is not UTF-8")
    }
}
