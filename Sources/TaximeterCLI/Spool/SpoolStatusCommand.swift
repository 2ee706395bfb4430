import ArgumentParser
import Foundation
import Taximeter

/// `taximeter spool status`.
struct SpoolStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say what a spool holds, and how much of it is not shipped.",
        discussion: "Changes nothing, and can be run while a process records into the spool.")

    @Argument(help: "The spool's folder.") var directory: String

    func run() throws {
        print(SpoolText.status(try SpoolSurvey.read(directory)), terminator: "")
    }
}

/// `taximeter spool verify`.
struct SpoolVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read every byte of a spool, and say what is damaged.",
        discussion: """
            Changes nothing, and can be run while a process records into the spool: what it is just writing shows as a torn \
            end. Exits with 65 when something is damaged. A torn end is no damage: what was being written when a process was \
            killed was never acknowledged.
            """)

    @Argument(help: "The spool's folder.") var directory: String

    func run() throws {
        let survey = try SpoolSurvey.read(directory)
        print(SpoolText.status(survey) + SpoolText.faults(survey), terminator: "")
        if !survey.damages.isEmpty || survey.isStateDamaged { throw ExitCode.badData }
    }
}

/// A spool in words.
enum SpoolText {
    static func status(_ survey: SpoolSurvey) -> String {
        let batches = survey.lastSequence - survey.acknowledged
        var lines = [
            "producer      \(survey.producer)",
            "segments      \(survey.segments.count), \(Figures.count(String(survey.byteCount))) bytes",
            "last batch    \(survey.lastSequence)",
            "shipped       \(survey.acknowledged)",
            "not shipped   \(batches) batches, \(Figures.count(String(survey.pendingEventCount))) events, "
                + "\(Figures.count(String(survey.pendingByteCount))) bytes",
        ]
        if let oldest = survey.oldestPending { lines.append("oldest        \(oldest)") }
        return lines.map { $0 + "\n" }.joined()
    }

    static func faults(_ survey: SpoolSurvey) -> String {
        var lines = survey.damages.map { "damaged       \($0)" } + survey.tornTails.map { "torn          \($0)" }
        if survey.isStateDamaged {
            lines.append("damaged       spool.state cannot be read; all batches count as not shipped")
        }
        return lines.isEmpty ? "ok\n" : lines.map { $0 + "\n" }.joined()
    }
}
