import ArgumentParser

@main
struct TaximeterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "taximeter",
        abstract: "Meter LLM tokens, price them, bill them, and know what every GPU-hour earned.")
}
