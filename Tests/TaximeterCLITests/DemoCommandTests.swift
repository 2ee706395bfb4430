import Foundation
import TestKit
import Testing

/// `taximeter demo`, and the README that shows what it prints.
@Suite struct DemoCommandTests {
    /// Every figure that the demo is for, as it prints it (sources: fixtures/published-day/README.md).
    private static let figures = [
        "342 B", "266 B", "168 B", "5,442", "$87,072.00", "$562,100.00", "$562,027", "545.56 %", "84.51 %",
        "490,044.30", "280,560.00", "224,840.00", "8,575", "92,593", "278", "0.1549",
    ]

    @Test func printsThePublishedDayAndTheREADMEShowsIt() throws {
        let home = try ClusterHomes.make()
        let result = try CommandLineTool.run(["demo"], environment: ["TAXIMETER_HOME": home])
        #expect(result.exitCode == 0 && result.errors == "")
        for figure in Self.figures { #expect(result.output.contains(figure), "\(figure)") }

        // Up to where the machine's paths begin, the README has the same text.
        let shown = try #require(result.output.range(of: "\nWhere to look next")).lowerBound
        let readme = try String(contentsOf: Fixtures.packageRoot.appending(path: "README.md"), encoding: .utf8)
        #expect(readme.contains(result.output[..<shown]), "renew the README's demo output: \(result.output)")

        let again = try CommandLineTool.run(["demo"], environment: ["TAXIMETER_HOME": home])
        #expect(again.exitCode == 0 && again.output[..<shown] == result.output[..<shown])
        _ = try CommandLineTool.run(["db", "stop", "--mode", "immediate"], environment: ["TAXIMETER_HOME": home])
    }
}
