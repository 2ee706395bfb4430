import ArgumentParser
import Taximeter

/// Ships what a spool holds whose process is gone.
struct SpoolDrain {
    let directory: String
    let sink: any BatchSink

    /// - Throws: ``SpoolError``, among others when a process still records into the spool.
    func run(within limit: Duration) throws -> (text: String, isDrained: Bool) {
        let spool = try Spool(directory)
        defer { spool.close() }
        let courier = Courier(spool, to: sink)
        let isDrained = courier.drain(within: limit)
        let counts = courier.counts
        var text = """
            stored        \(counts.storedBatches) batches, \(Figures.count(String(counts.storedEvents))) events
            had already   \(counts.duplicateBatches) batches, \(Figures.count(String(counts.duplicateEvents))) events
            put aside     \(counts.quarantinedBatches) batches, \(Figures.count(String(counts.quarantinedEvents))) events

            """
        if !isDrained { text += "left          \(Figures.count(String(spool.lag.eventCount))) events\n" }
        if let failure = counts.lastFailure { text += "last failure  \(failure)\n" }
        return (text, isDrained)
    }
}
