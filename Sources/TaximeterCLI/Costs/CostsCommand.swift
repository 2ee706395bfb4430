import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter costs`: what serving costs.
struct CostsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs", abstract: "Load GPU pools, rates, occupancy and policies.",
        subcommands: [CostsLoadCommand.self])
}

/// `taximeter costs load`.
struct CostsLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Store GPU pools, their rates, how many nodes served when, and how cost is split.",
        discussion: """
            The format is in docs/cost-format.md. Loading the same file again changes nothing; an interval that covers stored \
            ones replaces them, and the rates of a pool become those of the file.
            """)

    @Argument(help: "Cost files, YAML or JSON.")
    var files: [String]
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let costs = try files.map(Self.parse)
        let store = try database.store()
        for (file, costs) in zip(files, costs) { print("\(file): \(Self.text(try store.load(costs)))") }
    }

    static func parse(_ file: String) throws -> CostFile {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw InputError(file: file, problem: "cannot be read as a text file")
        }
        return try CostFile.parse(text, file: file)
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
