import PostgresWire
import Taximeter

extension Store {
    /// What follows from rated periods and passing time: credits expire, old reservations go, balances are kept for the time
    /// that has come, the outbox is told.
    ///
    /// Each step can be killed and done again. Whoever has made periods final calls it too.
    func settleCredits(at now: Instant) throws {
        _ = try CreditExpiry(store: self).run(at: now)
        try transaction(as: .biller, .job) { connection in
            let accountKeys = try connection.query(RemoveOldReservations(now: now))
            if !accountKeys.isEmpty { try connection.execute(KeepBalances.sql(accountKeys)) }
        }
        var isDone = false
        while !isDone {
            isDone = try transaction(as: .biller, .job) { connection in
                let accountKeys = try connection.query(ReadDueBalances())
                if !accountKeys.isEmpty { try connection.execute(KeepBalances.sql(accountKeys)) }
                return accountKeys.isEmpty
            }
        }
        let alerts = Alerts(store: self)
        try alerts.run(at: now)
        try alerts.tellBalances(at: now)
    }
}
