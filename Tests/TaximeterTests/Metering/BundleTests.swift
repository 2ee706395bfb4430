import Foundation
import TestKit
import Testing

@testable import Taximeter

/// A hundred thousand real requests from six published traces, through the mapping that comes with them.
@Suite struct BundleTests {
    /// What a source sums to.
    struct Sums: Equatable {
        var rows: Int64 = 0
        var input: Int64 = 0
        var hit: Int64 = 0
        var output: Int64 = 0
    }

    /// Counted over the file itself, without Taximeter.
    private static let expected = [
        "azure2023_code": Sums(rows: 8_819, input: 18_059_974, hit: 0, output: 245_896),
        "azure2023_conv": Sums(rows: 19_366, input: 22_361_870, hit: 0, output: 4_088_665),
        "mooncake_conversation": Sums(rows: 12_031, input: 144_793_823, hit: 54_098_411, output: 4_122_048),
        "mooncake_synthetic": Sums(rows: 3_993, input: 61_194_628, hit: 39_852_661, output: 595_432),
        "claudecode_weka": Sums(rows: 49_334, input: 6_037_445_403, hit: 5_815_020_032, output: 21_709_920),
        "ragpulse": Sums(rows: 7_106, input: 20_917_099, hit: 0, output: 2_012_676),
    ]

    @Test(.enabled(if: TestData.folder != nil, "the traces are not here: set TAXIMETER_TEST_DATA"))
    func readsEveryRequest() throws {
        let folder = try #require(TestData.folder)
        let path = Fixtures.folder.appending(path: "mappings/bundle.yaml")
        let mapping = try EventMapping.parse(String(contentsOf: path, encoding: .utf8), file: "bundle.yaml")

        let packed = folder.appending(path: "traces/bundle_requests.csv.gz").path
        let unpacked = FileManager.default.temporaryDirectory.appending(path: "bundle-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: unpacked) }
        let gzip = try CommandLineTool.run(script: "gzip -dc '\(packed)' > '\(unpacked.path)'")
        #expect(gzip.exitCode == 0)
        let file = try FileHandle(forReadingFrom: unpacked)

        var reader = EventReader(.mapped(mapping))
        var sums: [String: Sums] = [:]
        var ids: Set<Identifier> = []
        var rejects: [RejectedRow] = []
        func take() throws {
            while let row = reader.next() {
                switch row {
                case .rejected(let row): rejects.append(row)
                case .reversal(let reversal, _): Issue.record("\(reversal)")
                case .event(let event, _):
                    // The mapping puts the source in the channel.
                    var sum = sums[event.channel.text] ?? Sums()
                    sum.rows += event.requests
                    sum.input += try #require(event.tokens.totalInput)
                    sum.hit += event.tokens.cacheHit
                    sum.output += event.tokens.output
                    sums[event.channel.text] = sum
                    ids.insert(event.requestID)
                }
            }
        }
        while let data = try file.read(upToCount: 1 << 18), !data.isEmpty {
            reader.feed(Array(data))
            try take()
        }
        reader.finish()
        try take()

        #expect(reader.headerFault == nil)
        #expect(rejects == [])
        #expect(sums == Self.expected)
        #expect(ids.count == 100_649)
    }
}
