import Taximeter
import TaximeterPostgres

/// Reads one input to its end and stores its events, batch by batch, in bounded memory: two batches are under way while
/// the next is read.
struct Ingest {
    let store: Store
    let rejects: RejectsFile
    let batchSize: Int
    let progress = ProgressBar()

    /// - Throws: ``InputError`` when the input cannot be read further, what came before is stored; ``FileFaults`` when the
    ///   header of a CSV cannot be understood.
    func run(_ input: InputFile, _ format: EventFormat) throws -> IngestCounts {
        var reader = EventReader(format)
        let pipeline = RecordingPipeline(store)
        var counts = IngestCounts()
        var batch = Batch()
        defer { progress.clear() }

        func takeRows() throws {
            while let row = reader.next() {
                switch row {
                case .event(let event, let line): batch.events.append((event, line))
                case .reversal(let reversal, let line): batch.reversals.append((reversal, line))
                case .rejected(let row):
                    counts.rejected += 1
                    try rejects.write(
                        file: input.name, line: row.line, reason: row.reason.description, row: row.text)
                }
                if batch.events.count + batch.reversals.count >= batchSize { try flush() }
            }
            if let fault = reader.headerFault {
                throw FileFaults(description: "\(input.name):\(fault.line): the header: \(fault.reason)")
            }
        }
        func flush() throws {
            let given = batch
            try pipeline.record(given.events.map(\.event), reversing: given.reversals.map(\.reversal)) { answers in
                try take(answers, to: given, input.name, &counts)
            }
            batch = Batch()
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
            try pipeline.finish()
            throw error
        }
        reader.finish()
        try takeRows()
        try flush()
        try pipeline.finish()
        return counts
    }

    /// Rows that are stored in one transaction.
    private struct Batch {
        var events: [(event: UsageEvent, line: Int)] = []
        var reversals: [(reversal: EventReversal, line: Int)] = []
    }

    private func take(_ answers: RecordAnswers, to batch: Batch, _ file: String, _ counts: inout IngestCounts) throws {
        for (answer, row) in zip(answers.events, batch.events) {
            counts.add(answer)
            guard let reason = Self.reason(answer) else { continue }
            let id = "\(row.event.account) \(row.event.requestID)"
            try rejects.write(file: file, line: row.line, reason: reason, row: id)
        }
        for (answer, row) in zip(answers.reversals, batch.reversals) {
            counts.add(answer)
            guard let reason = Self.reason(answer) else { continue }
            let id = "\(row.reversal.account) \(row.reversal.requestID)"
            try rejects.write(file: file, line: row.line, reason: reason, row: id)
        }
    }

    /// Why an event goes to the rejects file; nil when it does not.
    private static func reason(_ answer: EventAnswer) -> String? {
        switch answer {
        case .accepted, .duplicate: nil
        case .tooOldToCheck:
            "too old: the keys of events completed before then were dropped, so that a repeat cannot be told"
        case .conflict:
            "conflict: the request id is stored for this account with other content; the first one stands"
        }
    }

    /// Why a reversal goes to the rejects file; nil when it does not.
    private static func reason(_ answer: ReversalAnswer) -> String? {
        switch answer {
        case .reversed, .alreadyReversed: nil
        case .noOriginal:
            "no original: no event is stored for this account under the request id that the row reverses, "
                + "or its key was dropped"
        }
    }
}
