import Dispatch
import PostgresWire
import Synchronization
import Taximeter

/// Bills accounts, some hundred a transaction, on several connections at once.
///
/// The only thing that grows with the number of accounts is the list of their keys.
struct BillJob: Sendable {
    let store: Store
    let prices: PriceSnapshot
    let month: BillingMonth
    let options: BillOptions
    let now: Instant

    /// Why a run ended early, and what it had done.
    struct Stopped: Error {
        let error: any Error
        let summary: BillSummary
    }

    private struct State {
        var next = 0
        var done = 0
        var summary = BillSummary()
        var error: (any Error)?
    }

    /// Bills all accounts that have something to bill.
    ///
    /// - Throws: ``Stopped``; other errors before anything was billed.
    func run(progress: (RunProgress) -> Void) throws -> BillSummary {
        let keys = try accountKeys()
        let state = Mutex(State())
        let workers = DispatchGroup()
        for _ in 0..<max(1, options.workers) {
            DispatchQueue.global().async(group: workers) { work(keys, state) }
        }
        repeat {
            let done = state.withLock(\.done)
            progress(RunProgress(stage: .billing, done: done, total: keys.count))
        } while workers.wait(timeout: .now() + .milliseconds(100)) == .timedOut
        progress(RunProgress(stage: .billing, done: keys.count, total: keys.count))
        let (summary, error) = state.withLock { ($0.summary, $0.error) }
        if let error { throw Stopped(error: error, summary: summary) }
        return summary
    }

    /// Takes one batch after the other until there are no more, or somebody has failed.
    private func work(_ keys: [Int64], _ state: borrowing Mutex<State>) {
        while true {
            let batch = state.withLock { state -> ArraySlice<Int64> in
                guard state.error == nil else { return [] }
                let start = state.next
                state.next = min(keys.count, start + options.accountsPerTransaction)
                return keys[start..<state.next]
            }
            if batch.isEmpty { return }
            do {
                let summary = try bill(Array(batch))
                try state.withLock { state in
                    state.done += batch.count
                    try state.summary.add(summary)
                }
            } catch {
                state.withLock { $0.error = $0.error ?? error }
            }
        }
    }

    /// Bills the periods of some accounts, one of each a transaction, the earlier ones first.
    private func bill(_ keys: [Int64]) throws -> BillSummary {
        var summary = BillSummary()
        var progress = BillBatch.Progress()
        while true {
            let round = try store.transaction(as: .biller, .job) { connection in
                try prices.hold(connection)
                return try BillBatch(job: self, connection: connection, progress: progress).bill(keys)
            }
            try summary.add(round.summary)
            if round.closed.isEmpty { return summary }
            progress.add(round)
        }
    }

    private func accountKeys() throws -> [Int64] {
        try store.transaction(as: .biller, .job) { connection in
            var chosen: [Int64]?
            let named = options.accounts + options.accepted.sorted()
            if !named.isEmpty {
                let rows = try connection.query(ReadAccountKeys(named))
                let known = Set(rows.map(\.account))
                if let missing = named.first(where: { !known.contains($0) }) {
                    throw StoreError(.account, "there is no account \(missing): no usage of it was recorded")
                }
                if !options.accounts.isEmpty {
                    chosen = rows.filter { options.accounts.contains($0.account) }.map(\.key)
                }
            }
            return try connection.query(ReadUnbilledAccounts(month, only: chosen))
        }
    }
}
