import PostgresWire
public import Taximeter

/// Stores a batch whole and once: its row, keyed by producer and sequence, and its events in one transaction.
struct BatchRecorder {
    let store: Store
    let batch: EventBatch

    private var block: EventBlock { batch.block }

    /// The keys of the block's names, by their places.
    private struct Keys {
        let accounts: [Int64]
        let models: [Int32]
        let channels: [Int32]
        let serviceTiers: [Int32]
    }

    func run() throws -> BatchAnswer {
        if batch.sequence < 1 {
            throw StoreError(.batch, "batch \(batch.sequence) of producer \(batch.producer): sequences begin at 1")
        }
        let hash = block.contentHash
        let faults = block.faults()
        let good = block.rows.indices.filter { faults[$0] == nil }
        let days = Set(good.map { block.rows[$0].completedAt.day })
        return try store.recorder.withKnownNames { ensure in
            try store.recorder.ensurePartitions(days, in: store)
            let keys = try keys()
            return try store.transaction(as: .writer) { connection in
                try ensure()
                return try write(hash, faults, keys, connection)
            }
        }
    }

    private func write(_ hash: ContentHash, _ faults: [Int: String], _ keys: Keys, _ connection: Connection) throws
        -> BatchAnswer
    {
        var faults = faults
        let reversals = block.rows.indices.filter { block.rows[$0].kind == .reversal && faults[$0] == nil }
        if !reversals.isEmpty {
            // Whether a reversal can stand depends on what is stored, so a repeat must be told before.
            if let answer = try known(hash, connection) { return answer }
            let taken = try BatchReversals(
                block: block, places: reversals, faults: faults, accountKeys: keys.accounts, modelKeys: keys.models,
                channelKeys: keys.channels, serviceTierKeys: keys.serviceTiers
            ).take(connection)
            faults.merge(taken) { first, _ in first }
        }
        let insert = InsertBatch(
            batch, hash: hash, totals: BatchTotals(block, without: faults), quarantined: faults.count,
            hours: hours(without: faults))
        guard let batchKey = try connection.query(insert).first else {
            if !reversals.isEmpty {
                throw PostgresError.retryable("another writer stored this batch at the same moment")
            }
            guard let answer = try known(hash, connection) else {
                throw PostgresError.retryable("another writer's batch of the same sequence was seen and not found")
            }
            return answer
        }
        try copy(batchKey, faults, keys, connection)
        if !faults.isEmpty {
            let events = faults.sorted { $0.key < $1.key }
                .map { QuarantinedEvent(at: $0.key, of: block, because: $0.value) }
            try connection.execute(InsertQuarantined.sql(events, batchKey: batchKey))
        }
        return .stored
    }

    /// The answer when the batch's place is taken.
    private func known(_ hash: ContentHash, _ connection: Connection) throws -> BatchAnswer? {
        guard let stored = try connection.query(ReadBatchHash(batch)).first else { return nil }
        try connection.execute(OwnLogRecord.sql())
        return stored == hash.bytes ? .alreadyStored : .conflict
    }

    private func copy(_ batchKey: Int64, _ faults: [Int: String], _ keys: Keys, _ connection: Connection) throws {
        let block = block
        try connection.copyIn(EventRow.copy) { writer in
            for index in block.rows.indices where faults.isEmpty || faults[index] == nil {
                let row = block.rows[index]
                try writer.begin(
                    EventRow(
                        accountKey: keys.accounts[Int(row.account)], modelKey: keys.models[Int(row.model)],
                        channelKey: keys.channels[Int(row.channel)],
                        serviceTierKey: keys.serviceTiers[Int(row.serviceTier)], startedAt: row.startedAt,
                        completedAt: row.completedAt, tokens: row.tokens, requests: row.requests, batchKey: batchKey,
                        isReversal: row.kind == .reversal))
                try writer.append(
                    utf8: block.requestIDs, from: Int(row.requestIDStart), count: Int(row.requestIDLength))
            }
        }
    }

    /// The hours of both instants of what is stored, whichever of them rates.
    private func hours(without faults: [Int: String]) -> [Instant] {
        var hours: Set<Instant> = []
        var last: (started: Instant, completed: Instant)?
        for index in block.rows.indices where faults.isEmpty || faults[index] == nil {
            let started = block.rows[index].startedAt.startOfHour
            let completed = block.rows[index].completedAt.startOfHour
            // Neighbours mostly share their hours.
            if let last, last == (started, completed) { continue }
            hours.insert(started)
            hours.insert(completed)
            last = (started, completed)
        }
        return hours.sorted()
    }

    private func keys() throws -> Keys {
        let recorder = store.recorder
        func narrow(_ table: NameTable, _ names: [Identifier]) throws -> [Int32] {
            try table.keys(of: names, in: store).map { Int32(truncatingIfNeeded: $0) }
        }
        return Keys(
            accounts: try recorder.accounts.keys(of: block.accounts, in: store),
            models: try narrow(recorder.models, block.models), channels: try narrow(recorder.channels, block.channels),
            serviceTiers: try narrow(recorder.serviceTiers, block.serviceTiers))
    }
}

extension Store {
    /// Stores a batch of a producer, whole and once, however often it is given.
    ///
    /// Its place `(producer, sequence)` is the key, for ever, so an error, a lost connection or a second courier costs
    /// nothing: give the same batch again. An event that cannot be stored is set aside in the view `quarantined_events`
    /// with the reason, in the same transaction as the others. A reversal has to find its original, stored before or in
    /// front of it, with the same values and not reversed yet; else it is set aside too.
    ///
    /// - Throws: `PostgresError` from the server; then nothing is stored, or, when the answer to the commit was lost, all
    ///   of it may be. ``StoreError`` when the sequence is not positive.
    public func store(_ batch: EventBatch) throws -> BatchAnswer { try BatchRecorder(store: self, batch: batch).run() }
}
