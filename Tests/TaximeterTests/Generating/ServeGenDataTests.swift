import Foundation
import TestKit
import Testing

@testable import Taximeter

/// ServeGen's DeepSeek-R1 clients, where the data are there.
@Suite struct ServeGenDataTests {
    private static let archive = TestData.folder?.appending(path: "traces/servegen_deepseek_r1.tar.xz").path
    private static var isThere: Bool { archive.map { FileManager.default.fileExists(atPath: $0) } ?? false }

    private static func profile() throws -> LoadProfile {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-servegen-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let unpacked = try CommandLineTool.run(
            program: "/bin/tar", ["-xf", try #require(archive), "-C", folder.path])
        #expect(unpacked.exitCode == 0, "\(unpacked.errors)")
        func file(_ name: String) throws -> ServeGenClient.File {
            let url = folder.appending(path: "deepseek-r1/\(name)")
            return .init(name: name, text: try String(contentsOf: url, encoding: .utf8))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "deepseek-r1").path)
        let numbers = names.compactMap { $0.wholeMatch(of: /chunk-([0-9]+)-trace\.csv/).flatMap { Int($0.1) } }.sorted()
        let clients = try numbers.map { number in
            ServeGenClient(
                name: try Identifier("client-\(number)"), trace: try file("chunk-\(number)-trace.csv"),
                dataset: try file("chunk-\(number)-dataset.json"))
        }
        return try LoadProfile.serveGen(clients, model: Identifier("deepseek-r1"))
    }

    /// 73 clients, ten-minute windows, about 1.38 M requests a day. A tenth of them is generated; the averages of the
    /// data, every window with its own lengths, are 1,268.25 tokens of input and 1,527.42 of output.
    @Test(.enabled(if: isThere, "ServeGen's data are not there"))
    func aTenthOfTheDay() throws {
        let profile = try Self.profile()
        #expect(profile.streams.count == 73)
        #expect(profile.window == 600 * Instant.second && profile.period == Instant.day)
        // 1,383,669 requests over 86,400 seconds.
        #expect(profile.rate == 16_014_687)
        let until = Instant(unchecked: generatedDay.microseconds + Instant.day)
        var generator = try LoadGenerator(profile, from: generatedDay, until: until, seed: 1, rate: 1_601_468)
        let events = try generator.take(.max)
        #expect(abs(events.count - 138_367) < 138_367 / 50, "\(events.count)")
        let input = events.reduce(0) { $0 + $1.tokens.cacheMiss } / Int64(events.count)
        let output = events.reduce(0) { $0 + $1.tokens.output } / Int64(events.count)
        #expect(abs(input - 1_268) < 1_268 / 30, "\(input)")
        #expect(abs(output - 1_527) < 1_527 / 30, "\(output)")
        // Clients by their part of the requests: shares in thousandths differ by less than 15.
        let counts = Dictionary(grouping: events, by: \.account).mapValues(\.count)
        let weights = profile.streams.map { $0.windows.reduce(0) { $0 + $1.weight } }
        let total = weights.reduce(0, +)
        for (stream, weight) in zip(profile.streams, weights) {
            let share = 1_000 * (counts[stream.name] ?? 0) / events.count
            #expect(abs(share - Int(1_000 * weight / total)) < 15, "\(stream.name)")
        }
    }
}
