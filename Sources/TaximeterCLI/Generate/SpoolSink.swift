import Foundation
import Taximeter

/// The spool of a serving process, into which a meter records as it does there.
final class SpoolSink: EventSink {
    private let spool: Spool
    private let meter: Meter

    /// Opens the spool, or makes one.
    init(_ folder: String, byteLimit: Int) throws(SpoolError) {
        spool = try Spool(folder, options: SpoolOptions(byteLimit: byteLimit))
        // As many names as a profile can have.
        meter = Meter(spool: spool, options: MeterOptions(nameLimit: 1_100_000))
    }

    func take(_ events: [UsageEvent]) throws {
        do throws(MeterError) {
            for event in events {
                try meter.record(
                    MeterEvent(
                        account: meter.account(event.account), model: meter.model(event.model),
                        channel: meter.channel(event.channel), serviceTier: meter.serviceTier(event.serviceTier),
                        startedAt: event.startedAt, completedAt: event.completedAt, tokens: event.tokens,
                        requests: event.requests), requestID: event.requestID.text)
            }
            try flush()
        } catch {
            try? meter.close(within: .zero)
            let durable = Figures.count(String(meter.counts.durable))
            FileHandle.standardError.write(Data("taximeter: \(durable) events are in \(spool.folder), no more\n".utf8))
            if let spoolError = error.spoolError { throw spoolError }
            throw error
        }
    }

    /// Waits until all is on the disk; not for a spool that is full, in which nobody but this process could make room.
    private func flush() throws(MeterError) {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do throws(MeterError) {
                return try meter.flush(within: .seconds(1))
            } catch {
                if error.spoolError?.code == .full || ContinuousClock.now >= end { throw error }
            }
        }
    }

    func finish() throws -> IngestCounts {
        try meter.close()
        spool.close()
        var counts = IngestCounts()
        counts.accepted = meter.counts.durable
        return counts
    }
}
