import ArgumentParser

/// `taximeter audit`: proofs that nothing was lost or doubled.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Prove that what is stored is whole.",
        subcommands: [AuditEventsCommand.self, AuditInvoicesCommand.self, AuditLedgerCommand.self])
}
