import ArgumentParser
import Foundation
import Taximeter

/// `taximeter tariffs import`: price books from public price maps.
struct TariffsImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a price book of a public price map.",
        discussion: """
            The book goes to standard output or --output. What the map says and a price book cannot express is listed, a \
            line each, on standard error or in --report; so is the share of models imported whole. See \
            docs/importing-price-maps.md.
            """,
        subcommands: [TariffsImportLiteLLMCommand.self, TariffsImportGenAIPricesCommand.self])
}

/// `taximeter tariffs import litellm`.
struct TariffsImportLiteLLMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "litellm", abstract: "Import LiteLLM's model_prices_and_context_window.json.",
        discussion: """
            Models keep the names they have in the map. The map does not say since when its prices hold: without --from they \
            hold from the start of the current UTC day, and earlier usage stays unpriced.
            """)

    @OptionGroup var options: TariffsImportOptions

    func run() throws {
        let today = Instant(microseconds: Int64(Date.now.timeIntervalSince1970) * Instant.second)
        let from = options.from?.instant ?? (today ?? .earliest).floored(toMicroseconds: Instant.day)
        try options.run(from: from, name: "litellm", PriceImport.liteLLM)
    }
}

/// `taximeter tariffs import genai-prices`.
struct TariffsImportGenAIPricesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "genai-prices", abstract: "Import genai-prices' data.json.",
        discussion: """
            Models are called provider/model, and with exactly one --provider as that provider calls them. Prices without a \
            start in the map hold from 1970 on, as they do in genai-prices, unless --from says otherwise.
            """)

    @OptionGroup var options: TariffsImportOptions

    func run() throws {
        let from = options.from?.instant ?? Instant(microseconds: 0) ?? .earliest
        try options.run(from: from, name: "genai-prices", PriceImport.genAIPrices)
    }
}

/// What both imports take.
struct TariffsImportOptions: ParsableArguments {
    @Argument(help: "The map: a JSON file.")
    var file: String
    @Option(name: .shortAndLong, help: ArgumentHelp("Where the price book goes.", valueName: "file"))
    var output: String?
    @Option(help: ArgumentHelp("Where goes what could not be expressed.", valueName: "file"))
    var report: String?
    @Option(
        help: ArgumentHelp(
            "From when prices hold whose start the map does not name: RFC 3339, or a UTC day.", valueName: "instant"))
    var from: InstantArgument?
    @Option(help: ArgumentHelp("Import this provider alone; may be given several times.", valueName: "id"))
    var provider: [String] = []
    @Option(help: ArgumentHelp("The price book's name.", valueName: "name"))
    var name: String?

    func validate() throws {
        guard let name else { return }
        do { _ = try Identifier(name) } catch { throw ValidationError("--name \(error)") }
    }

    /// Imports the file and writes book, report and summary.
    func run(
        from: Instant, name: String,
        _ read: (String, String, PriceImport.Options) throws(FileErrors) -> PriceImport
    ) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw InputError(file: file, problem: "cannot be read as a text file")
        }
        let book = self.name ?? (provider.count == 1 ? "\(name)-\(provider[0])" : name)
        let result = try read(text, file, PriceImport.Options(name: book, from: from, providers: provider))
        try write(result.findings.map { "\($0)\n" }.joined(), to: report, else: .standardError)
        try write(result.text, to: output, else: .standardOutput)
        FileHandle.standardError.write(Data(Self.summary(of: result, from: from).utf8))
        if result.wholeCount + result.partCount == 0 { throw ExitCode.badData }
    }

    /// Replaces a file as a whole, or writes to a handle.
    private func write(_ text: String, to path: String?, else handle: FileHandle) throws {
        guard let path else { return handle.write(Data(text.utf8)) }
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw InputError(file: path, problem: "cannot be written: \(error.localizedDescription)")
        }
    }

    /// `1,234 of 2,000 models imported whole (61.7 %); 300 in part; 466 not at all`, and which fields are missing most.
    private static func summary(of result: PriceImport, from: Instant) -> String {
        let thousandths =
            result.modelCount == 0 ? 0 : (1000 * result.wholeCount + result.modelCount / 2) / result.modelCount
        let count = { (number: Int) in Figures.count("\(number)") }
        var fields: [String: Set<String>] = [:]
        for finding in result.findings { fields[finding.field, default: []].insert(finding.model) }
        let most = fields.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(8)
        let table = most.map { "  \(count($0.value.count)) \($0.key)\n" }.joined()
        return """
            \(count(result.wholeCount)) of \(count(result.modelCount)) models imported whole \
            (\(thousandths / 10).\(thousandths % 10) %); \(count(result.partCount)) in part; \
            \(count(result.missingCount)) not at all
            prices without a start of their own hold from \(from)

            """ + (table.isEmpty ? "" : "not expressed, in how many models (the most frequent):\n\(table)")
    }
}
