import ArgumentParser

/// `taximeter spool`: the folders in which serving processes keep what is not in the store yet.
struct SpoolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "Look into a spool folder, check it, and bring what it holds to the store.",
        subcommands: [SpoolStatusCommand.self, SpoolVerifyCommand.self, SpoolDrainCommand.self])
}
