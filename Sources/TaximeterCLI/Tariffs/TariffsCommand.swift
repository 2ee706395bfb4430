import ArgumentParser

/// `taximeter tariffs`: price books.
struct TariffsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tariffs", abstract: "Load and import price books.",
        subcommands: [TariffsLoadCommand.self, TariffsImportCommand.self])
}
