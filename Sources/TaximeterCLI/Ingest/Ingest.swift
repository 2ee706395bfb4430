import Taximeter
import TaximeterPostgres

/// Reads one input to its end and stores its events, batch by batch, in bounded memory.
struct Ingest {
    let store: Store
    let rejects: RejectsFile
    let batchSize: Int
    let progress = ProgressBar()

    /// - Throws: ``InputError`` when the input cannot be read further, what came before is stored; ``FileFaults`` when the
    ///   header of a CSV cannot be understood.
    func run(_ input: InputFile, _ format: EventFormat) throws -> IngestCounts {
        var reader = EventReader(format)
        var counts = IngestCounts()
        var batch: [(event: UsageEvent, line: Int)] = []
        defer { progress.clear() }

        func takeRows() throws {
            while let row = reader.next() {
                switch row {
                case .event(let event, let line):
                    batch.append((event, line))
                    if batch.count >= batchSize { try flush() }
                case .rejected(let row):
                    counts.rejected += 1
                    try rejects.write(
                        file: input.name, line: row.line, reason: row.reason.description, row: row.text)
                }
            }
            if let fault = reader.headerFault {
                throw FileFaults(description: "\(input.name):\(fault.line): the header: \(fault.reason)")
            }
        }
        func flush() throws {
            try record(batch, input.name, &counts)
            batch.removeAll(keepingCapacity: true)
            progress.show("\(input.name): \(counts)", done: input.position, of: input.byteCount)
        }

        do {
            while let bytes = try input.next() {
                reader.feed(bytes)
                try takeRows()
            }
        } catch {
            // What was read before the fault is good.
            try flush()
            throw error
        }
        reader.finish()
        try takeRows()
        try flush()
        return counts
    }

    private func record(_ batch: [(event: UsageEvent, line: Int)], _ file: String, _ counts: inout IngestCounts) throws
    {
        for (answer, row) in zip(try store.record(batch.map(\.event)), batch) {
            switch answer {
            case .accepted: counts.accepted += 1
            case .duplicate: counts.duplicates += 1
            case .tooOldToCheck:
                counts.rejected += 1
                try rejects.write(
                    file: file, line: row.line,
                    reason:
                        "too old: the keys of events completed before then were dropped, so that a repeat cannot be told",
                    row: "\(row.event.account) \(row.event.requestID)")
            case .conflict:
                counts.conflicts += 1
                try rejects.write(
                    file: file, line: row.line,
                    reason:
                        "conflict: the request id is stored for this account with other content; the first one stands",
                    row: "\(row.event.account) \(row.event.requestID)")
            }
        }
    }
}
