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
            run(&command)
        } catch {
            exit(withError: error)
        }
    }

    /// What is wrong with a command's arguments is said with its own usage, not with this one's.
    private static func run<Command: ParsableCommand>(_ command: inout Command) {
        do {
            try command.run()
        } catch let error as ValidationError {
            let usage = usageString(for: Command.self)
            FileHandle.standardError.write(Data("Error: \(error.message)\nUsage: \(usage)\n".utf8))
            exit(withError: ExitCode.validationFailure)
        } catch {
            guard let code = ExitCode(for: error) else { exit(withError: error) }
            FileHandle.standardError.write(Data("taximeter: \(error)\n".utf8))
            exit(withError: code)
        }
    }
}
