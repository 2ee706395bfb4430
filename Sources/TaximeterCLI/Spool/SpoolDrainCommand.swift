import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter spool drain`.
struct SpoolDrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Bring what a spool holds to the store, each batch exactly once.",
        discussion: """
            For the spool of a process that is gone; a process that still records ships its spool itself. Can be stopped and \
            run again at any time, also on copies of one spool. The exit code is 75 when something is left, 65 when a batch \
            was put aside.
            """)

    @Argument(help: "The spool folder.")
    var directory: String
    @Option(help: ArgumentHelp("How long to try, in seconds.", valueName: "seconds"))
    var within = 60
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if !(1...86_400).contains(within) { throw ValidationError("--within must be from 1 to 86400 seconds") }
    }

    func run() throws {
        let spool = try Spool(directory)
        defer { spool.close() }
        let courier = Courier(spool, to: try database.store(connections: 1))
        // On a thread of its own, which may be left behind: a server that does not answer holds a delivery for minutes.
        courier.start()
        let isDrained = courier.stop(drainingFor: .seconds(within))
        let counts = courier.counts
        func line(_ name: String, _ batches: Int, _ events: Int) {
            print("\(name)  \(batches) batches, \(Figures.count(String(events))) events")
        }
        line("stored     ", counts.storedBatches, counts.storedEvents)
        line("had already", counts.duplicateBatches, counts.duplicateEvents)
        line("put aside  ", counts.quarantinedBatches, counts.quarantinedEvents)
        if !isDrained { print("left         \(Figures.count(String(spool.lag.eventCount))) events") }
        if let failure = counts.lastFailure { print("last failure \(failure)") }
        if !isDrained { throw ExitCode.temporary }
        if counts.quarantinedBatches > 0 { throw ExitCode.badData }
    }
}
