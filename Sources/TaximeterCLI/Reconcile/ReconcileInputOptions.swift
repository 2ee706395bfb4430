import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// What others say of a month, and the files that it is in.
struct ReconcileInputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Figures that others give for the month: published totals. Repeatable.", valueName: "file"))
    var expected: [String] = []

    @Option(
        help: ArgumentHelp(
            "Counters of engines: answers of Prometheus to range queries (JSON), scrapes in its text format, or a folder of "
                + "them. Repeatable.", valueName: "path"))
    var counters: [String] = []

    @Option(
        help: ArgumentHelp(
            "Names of counters, which metered models the engines' models are, and the tolerance (YAML). Default: the "
                + "counters of vLLM and SGLang, the same names, none.", valueName: "file"))
    var engines: String?

    @Option(
        help: ArgumentHelp(
            "What a supplier billed for GPUs: CSV with GPU-hours and amounts, or a FOCUS cost file. Repeatable.",
            valueName: "file"))
    var bill: [String] = []

    @Option(
        help: ArgumentHelp(
            "For a FOCUS bill: which column holds a key, such as pool=SubAccountName. Repeatable.",
            valueName: "key=column"))
    var label: [KeyValue] = []

    @Option(
        help: ArgumentHelp(
            "For a FOCUS bill: a key that is the same everywhere, such as pool=h800 or gpus_per_node=8. Repeatable.",
            valueName: "key=value"))
    var set: [KeyValue] = []

    func validate() throws {
        for one in label + set where !CostImport.keys.contains(one.key) {
            throw ValidationError("\(one.key) is no key: expected one of \(CostImport.keys.joined(separator: ", "))")
        }
        if engines != nil, counters.isEmpty { throw ValidationError("--engines is for --counters") }
        if bill.isEmpty, !label.isEmpty || !set.isEmpty { throw ValidationError("--label and --set are for --bill") }
    }

    /// Reads all files.
    func read() throws -> ReconcileInputs {
        ReconcileInputs(
            expected: try expected.flatMap { try ExpectedFigures.parse(Self.text($0), file: $0).figures },
            counters: try counters.isEmpty ? nil : readCounters(), bills: try bill.map(readBill))
    }

    private func readCounters() throws -> EngineCounters {
        let mapping = try engines.map { try EngineMapping.parse(Self.text($0), file: $0) } ?? .standard
        var read = EngineCounters(mapping)
        for path in counters {
            for (file, name) in try Self.files(path) {
                try read.add(Self.text(file), file: file, name: ScrapeName(name))
            }
        }
        return read
    }

    private func readBill(_ file: String) throws -> SupplierBill {
        let text = try Self.text(file)
        let header = text.prefix { !$0.isNewline }
        guard header.contains("ChargeCategory") else { return try SupplierBill.parse(text, file: file) }
        let columns = CostImport(labels: KeyValue.dictionary(label), constants: KeyValue.dictionary(set))
        return try SupplierBill.focus(text, file: file, columns)
    }

    /// A file, or those in a folder and its folders, in order, with their names from the folder on.
    private static func files(_ path: String) throws -> [(file: String, name: String)] {
        var isFolder = false
        if let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType {
            isFolder = type == .typeDirectory
        }
        if !isFolder { return [(path, path.split(separator: "/").last.map(String.init) ?? path)] }
        let names = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).filter { name in
            let type = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)[.type] as? FileAttributeType
            return type == .typeRegular && !name.split(separator: "/").contains { $0.hasPrefix(".") }
        }
        if names.isEmpty { throw InputError(file: path, problem: "is a folder without files; expected scrapes") }
        return names.sorted().map { (path + "/" + $0, $0) }
    }

    private static func text(_ file: String) throws -> String {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw InputError(file: file, problem: "cannot be read as a text file")
        }
        return text
    }
}
