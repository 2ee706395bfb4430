import Foundation
import TestKit
import Testing

/// The installed genai-prices, and the script that asks it.
enum GenAIPrices {
    /// A Python that has the package: `TAXIMETER_GENAI_PRICES_PYTHON`, or where `.ci/price-maps` puts it.
    static let python =
        ProcessInfo.processInfo.environment["TAXIMETER_GENAI_PRICES_PYTHON"]
        ?? PriceMaps.folder.appending(path: "venv/bin/python").path
    static let isInstalled = FileManager.default.isExecutableFile(atPath: python)

    private static let script = Fixtures.packageRoot.appending(path: "Tests/Python/genai_prices_cases.py").path

    /// The package's data in the format of the published `data.json`.
    static func data() throws -> String { try run("data", input: "") }

    /// What `calc_price` says to each case.
    static func prices(_ cases: [String]) throws -> [Substring] {
        try run("price", input: cases.map { $0 + "\n" }.joined()).split(separator: "\n")
    }

    private static func run(_ command: String, input: String) throws -> String {
        let result = try CommandLineTool.run(program: python, [script, command], input: input)
        try #require(result.exitCode == 0, "\(result.errors)")
        return result.output
    }
}

/// Where `.ci/price-maps` puts the public price maps.
enum PriceMaps {
    static let folder = Fixtures.packageRoot.appending(path: ".build/price-maps")
    static let liteLLM = folder.appending(path: "model_prices_and_context_window.json").path
}

/// LiteLLM's map, and LiteLLM itself where a Python has it.
enum LiteLLM {
    static let hasMap = FileManager.default.fileExists(atPath: PriceMaps.liteLLM)
    private static let python = ProcessInfo.processInfo.environment["TAXIMETER_LITELLM_PYTHON"] ?? ""
    static let isInstalled = hasMap && FileManager.default.isExecutableFile(atPath: python)

    private static let script = Fixtures.packageRoot.appending(path: "Tests/Python/litellm_cases.py").path

    static func map() throws -> String { try String(contentsOfFile: PriceMaps.liteLLM, encoding: .utf8) }

    /// What LiteLLM's cost functions say to each case.
    static func costs(_ cases: [String]) throws -> [Substring] {
        let result = try CommandLineTool.run(
            program: python, [script, PriceMaps.liteLLM], input: cases.map { $0 + "\n" }.joined(), within: 600)
        try #require(result.exitCode == 0, "\(result.errors)")
        return result.output.split(separator: "\n")
    }
}
