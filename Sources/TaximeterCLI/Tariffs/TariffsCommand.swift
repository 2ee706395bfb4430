import ArgumentParser

/// `taximeter tariffs`: price books.
struct TariffsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tariffs", abstract: "Check, compare, load, read and import price books.",
        discussion: "The format is in docs/price-book-format.md, and for editors in schemas/price-book.schema.json.",
        subcommands: [
            TariffsCheckCommand.self, TariffsDiffCommand.self, TariffsLoadCommand.self, TariffsShowCommand.self,
            TariffsNextChangeCommand.self, TariffsImportCommand.self,
        ])
}
