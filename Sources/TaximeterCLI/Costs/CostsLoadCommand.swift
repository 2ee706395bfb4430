import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter costs load`.
struct CostsLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Store GPU pools, rates, what nodes did when, and how cost is split.",
        discussion: """
            The format is in docs/cost-format.md, other formats in docs/importing-costs.md. Loading the same file again \
            changes nothing; what a file says of some nodes without a gap replaces what is stored of them within that time, \
            and the rates of a pool become those of the file.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case costs, csv, prometheus, focus }

    @Argument(help: "Cost files, YAML or JSON; or of another --format.")
    var files: [String]
    @Option(help: "What the files are: costs, csv, prometheus (the answer to a range query, JSON), focus (CSV).")
    var format: Format = .costs
    @Option(
        help: ArgumentHelp(
            "Which label or column holds a key, such as model=model_name. Repeatable.", valueName: "key=label"))
    var label: [KeyValue] = []
    @Option(
        help: ArgumentHelp("A key that is the same everywhere, such as pool=h800. Repeatable.", valueName: "key=value"))
    var set: [KeyValue] = []
    @Option(
        help: ArgumentHelp("How many seconds counts are apart at most: the step of the query.", valueName: "seconds"))
    var every: Int64?
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        let isOther = !label.isEmpty || !set.isEmpty || every != nil
        if format == .costs, isOther {
            throw ValidationError("--label, --set and --every are for files of another --format")
        }
        for one in label + set where !CostImport.keys.contains(one.key) {
            throw ValidationError("\(one.key) is no key: expected one of \(CostImport.keys.joined(separator: ", "))")
        }
        if let every, !(1...86_400).contains(every) { throw ValidationError("--every takes 1 to 86400 seconds") }
    }

    func run() throws {
        let costs = try files.map(parse)
        let store = try database.store()
        for (file, costs) in zip(files, costs) { print("\(file): \(Self.text(try store.load(costs)))") }
    }

    private func parse(_ file: String) throws -> CostFile {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw InputError(file: file, problem: "cannot be read as a text file")
        }
        let costImport = CostImport(
            labels: KeyValue.dictionary(label), constants: KeyValue.dictionary(set), every: every)
        return switch format {
        case .costs: try CostFile.parse(text, file: file)
        case .csv: try costImport.csv(text, file: file)
        case .prometheus: try costImport.prometheus(text, file: file)
        case .focus: try costImport.focus(text, file: file)
        }
    }

    static func text(_ load: CostLoad) -> String {
        let pools =
            load.changedPools.isEmpty ? "" : "pools \(load.changedPools.map(\.text).joined(separator: ", ")) stored; "
        let policies =
            load.addedPolicies.isEmpty
            ? "" : "; policies \(load.addedPolicies.map(\.text).joined(separator: ", ")) added"
        return pools + "intervals: \(load.added) added, \(load.replaced) replaced, \(load.unchanged) unchanged"
            + policies
    }
}

/// `key=value` on the command line.
struct KeyValue: ExpressibleByArgument {
    let key: String
    let value: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        key = String(parts[0])
        value = String(parts[1])
    }

    static func dictionary(_ pairs: [KeyValue]) -> [String: String] {
        Dictionary(pairs.map { ($0.key, $0.value) }) { _, last in last }
    }
}
