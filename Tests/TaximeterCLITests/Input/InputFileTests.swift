import Foundation
import TestKit
import Testing

@testable import TaximeterCLI

/// Files as they come: plain, gzip, cut off, damaged, absent.
@Suite struct InputFileTests {
    /// Calls a function with the path of a file of these bytes, which is removed afterwards.
    private static func withFile(_ bytes: Data, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "taximeter-input-\(UUID().uuidString)")
        try bytes.write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        try body(path.path)
    }

    private static func gzipped(_ bytes: Data) throws -> Data {
        var packed = Data()
        try withFile(bytes) { path in
            let result = try CommandLineTool.run(script: "gzip -1 -c '\(path)' > '\(path).gz'")
            try #require(result.exitCode == 0)
            packed = try Data(contentsOf: URL(filePath: path + ".gz"))
            try FileManager.default.removeItem(atPath: path + ".gz")
        }
        return packed
    }

    private static func contents(_ path: String) throws -> Data {
        let input = try InputFile(path)
        var bytes = Data()
        while let chunk = try input.next() { bytes += chunk }
        return bytes
    }

    /// Bytes that gzip cannot make much smaller, more than any pipe holds.
    private static let noise: Data = {
        var state: UInt64 = 1
        return Data(
            (0..<2_000_000).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            })
    }()

    @Test(arguments: [Data(), Data("a".utf8), Data([0x1F]), Data("a,b\n1,2\n".utf8), noise])
    func readsPlainAndPackedAlike(_ bytes: Data) throws {
        let packed = try Self.gzipped(bytes)
        // Two packed files one behind the other are one, as for gzip.
        for (file, expected) in [(bytes, bytes), (packed, bytes), (packed + packed, bytes + bytes)] {
            try Self.withFile(file) { path in
                let contents = try Self.contents(path)
                #expect(contents == expected)
            }
        }
    }

    /// What gzip gave before the fault is read, then the fault is told; the process lives, whoever closes the pipe first.
    @Test(arguments: ["cut", "damaged", "no gzip at all"])
    func tellsWhenPackedDataAreNotWhole(_ fault: String) throws {
        var packed = try Self.gzipped(Self.noise)
        switch fault {
        case "cut": packed = packed.prefix(packed.count / 2)
        case "damaged": for index in 1_000..<2_000 { packed[index] ^= 0xFF }
        default: packed = Data([0x1F, 0x8B]) + Self.noise
        }
        try Self.withFile(packed) { path in
            let input = try InputFile(path)
            let error = #expect(throws: InputError.self) { while try input.next() != nil {} }
            #expect(
                error?.description == "\(path): the gzip data are cut off or damaged; what came before was read")
        }
    }

    @Test func tellsWhatCannotBeOpened() throws {
        let absent = "/nowhere/at all.csv"
        #expect(throws: InputError.self) { try InputFile(absent) }
        let folder = FileManager.default.temporaryDirectory.path
        let error = #expect(throws: InputError.self) { try InputFile(folder) }
        #expect(error?.description == "\(folder): is a folder; expected a file")
    }

    @Test func knowsItsSizeAndPlace() throws {
        try Self.withFile(Data("abc".utf8)) { path in
            let input = try InputFile(path)
            #expect(input.byteCount == 3)
            #expect(input.name == path)
            #expect(try input.next() == Array("abc".utf8))
            #expect(input.position == 3)
            #expect(try input.next() == nil)
        }
    }
}
