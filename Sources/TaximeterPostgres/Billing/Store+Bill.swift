import PostgresWire
public import Taximeter

extension Store {
    /// Bills every period that ends in a month on its account's clock, and what has changed in periods before it since
    /// they were billed.
    ///
    /// Rolls up and rates first. It can be killed at any instant and run again, also by several processes at once: what
    /// is billed stays billed once. An account that cannot be billed is parked, and stops no other.
    ///
    /// - Parameters:
    ///   - now: The time that invoices carry; periods that end later are not made final.
    ///   - progress: Called on this thread as the work goes on.
    /// - Throws: ``StoreError`` for an account that is not known; `PostgresError` from the server: what was done until
    ///   then stands, and the next run does the rest.
    public func bill(
        _ month: BillingMonth, _ options: BillOptions = BillOptions(), at now: Instant,
        progress: (RunProgress) -> Void = { _ in }
    ) throws -> BillSummary {
        let writesFinal = options.finalizes && !options.isDryRun
        // What came in for a period while it was billed is taken in by another round; if it never ends, by the next run.
        var summary = BillSummary()
        for round in 1... {
            try run(at: now, progress: progress)
            let prices = try PriceSnapshot.read(self)
            let job = BillJob(store: self, prices: prices, month: month, options: options, now: now)
            do {
                let waiting = summary.waiting
                (summary.waiting, summary.parked) = (0, [])
                try summary.add(job.run(progress: progress))
                let isStuck = round >= 5 || round > 1 && summary.waiting == waiting
                if summary.waiting == 0 || isStuck || !writesFinal { break }
            } catch let stopped as BillJob.Stopped {
                // What is not final is made anew by the next round.
                if writesFinal { try summary.add(stopped.summary) }
                guard stopped.error is PricesChanged else { throw stopped.error }
            }
        }
        if writesFinal { try settleCredits(at: now) }
        return summary
    }
}
