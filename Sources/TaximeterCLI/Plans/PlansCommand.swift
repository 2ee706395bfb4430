import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter plans`: what accounts can agree to.
struct PlansCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plans", abstract: "Check, load and show plans.",
        subcommands: [PlansCheckCommand.self, PlansLoadCommand.self, PlansShowCommand.self])
}

/// `taximeter plans check`.
struct PlansCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say everything that is wrong in plans.",
        discussion: "The format is in docs/plan-format.md. Needs no database.")

    @Argument(help: "Plans, YAML or JSON; - for standard input.")
    var files: [String]

    func run() throws {
        do {
            for (file, plan) in zip(files, try TextFiles.read(files, Plan.parse)) {
                let count = plan.versions.count
                print("\(file == "-" ? "stdin" : file): \(plan.name): \(count) version\(count == 1 ? "" : "s")")
            }
        } catch let faults as FileFaults {
            // Without the command's name in front: a line begins with its file.
            FileHandle.standardError.write(Data("\(faults)\n".utf8))
            throw ExitCode(for: faults) ?? .badData
        }
    }
}

/// `taximeter plans load`.
struct PlansLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Add plans to the store.",
        discussion: """
            The format is in docs/plan-format.md. Loading the same plan again does nothing. What billed a period never \
            changes: a version that did may only be ended after it. The next taximeter run rates again what has changed.
            """)

    @Argument(help: "Plans, YAML or JSON; - for standard input.")
    var files: [String]
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let plans = try TextFiles.read(files, Plan.parse)
        let store = try database.store()
        for (file, plan) in zip(files, plans) {
            let load = try store.load(plan)
            var versions = "\(load.newVersions) new versions"
            if load.newVersions == 0 { versions = load.replacedVersions == 0 ? "nothing new" : "no new versions" }
            if load.replacedVersions > 0 { versions += ", \(load.replacedVersions) changed" }
            print("\(file): \(plan.name): \(versions)\(AccountsLoadCommand.rerate(load.periodsToRate))")
            for book in load.missingBooks {
                print("\(file): there is no price book \(book) yet: until it is loaded, usage under it has no price")
            }
        }
    }
}

/// `taximeter plans show`.
struct PlansShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "The stored plans, or one of them as canonical JSON.")

    @Argument(help: "A plan's name.")
    var plan: String?
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let plans = try database.store(connections: 1).plans()
        if let plan {
            guard let found = plans.first(where: { $0.name.text == plan }) else {
                let names = plans.map(\.name.text).joined(separator: ", ")
                throw ValidationError("the store has no plan \(plan); it has \(names.isEmpty ? "none" : names)")
            }
            print(found.canonicalJSON)
            return
        }
        for plan in plans {
            for version in plan.versions {
                print("\(plan.name) \(version.effective): \(version.priceBook) (\(version.currency))")
            }
        }
    }
}
