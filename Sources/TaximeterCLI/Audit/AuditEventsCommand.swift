import ArgumentParser
import TaximeterPostgres

/// `taximeter audit events`: conservation from producers to buckets.
struct AuditEventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Hold batches, events, their keys and the buckets against each other.",
        discussion: """
            Per producer: batches without a gap, and their counts and token sums equal to the stored events. Events stored \
            one by one: as many as there are ids. Buckets: equal to the events, by account and hour; hours that wait for a \
            roll-up are not compared: run taximeter run first. Every difference is a line, and the exit code is then 65. It \
            only reads, as role taximeter_reader; the same is in the views taximeter.event_audit and taximeter.event_totals.
            """)

    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let audit = try database.store(connections: 1).auditEvents { print($0) }
        print(Self.text(audit))
        if audit.differences > 0 { throw ExitCode.badData }
    }

    static func text(_ audit: EventAudit) -> String {
        func count(_ number: Int64) -> String { Figures.count(String(number)) }
        let totals = audit.totals
        let waiting =
            totals.hoursToRollUp == 0
            ? "" : "; \(count(totals.hoursToRollUp)) hours wait for taximeter run and were not compared"
        return
            "\(count(totals.events)) events: \(count(totals.batches)) batches of \(count(totals.producers)) producers, "
            + "\(count(totals.keys)) ids, \(count(totals.reversals)) reversed, \(count(totals.quarantined)) set aside: "
            + "\(count(Int64(audit.differences))) differences\(waiting)"
    }
}
