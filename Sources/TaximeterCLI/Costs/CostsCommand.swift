import ArgumentParser

/// `taximeter costs`: what serving costs.
struct CostsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs", abstract: "Load GPU pools, rates, occupancy and policies.",
        subcommands: [CostsLoadCommand.self])
}
