import ArgumentParser
import Foundation
import Taximeter

@main
struct TaximeterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "taximeter",
        abstract: "Meter LLM tokens, price them, and know what every GPU-hour earned.",
        version: taximeterVersion,
        subcommands: [
            DemoCommand.self, IngestCommand.self, RunCommand.self, BillCommand.self, InvoicesCommand.self,
            ExplainCommand.self, PaymentsCommand.self, UsageCommand.self, TariffsCommand.self, PlansCommand.self,
            AccountsCommand.self, QuoteCommand.self, SimulateCommand.self, CostsCommand.self, MarginsCommand.self,
            ReportCommand.self, SensitivityCommand.self, CapacityCommand.self, ReconcileCommand.self, FXCommand.self,
            ExportCommand.self, SpoolCommand.self,
            AuditCommand.self, GenerateCommand.self, CreditsCommand.self, BalanceCommand.self, LimitsCommand.self,
            OutboxCommand.self, ServeCommand.self, TokenCommand.self, DBCommand.self,
        ])

    /// Runs the subcommand; an error of ours becomes `taximeter: …` on standard error and its documented exit code.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard let code = ExitCode(for: error) else { exit(withError: error) }
            FileHandle.standardError.write(Data("taximeter: \(error)\n".utf8))
            exit(withError: code)
        }
    }
}
