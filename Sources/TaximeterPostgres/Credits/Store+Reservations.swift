import PostgresWire
public import Taximeter

extension Store {
    /// Holds the most that a request can cost, before it is served.
    ///
    /// Granted only while what a prepaid account has available, and what is left of hard spend limits, covers it: also when
    /// many ask at once. What is held counts until it expires, whether or not it was settled; after that, what was used
    /// counts once it is rated. So an account can spend beyond its balance only what it used in requests that cost more
    /// than they reserved, or whose reservation expired before their usage was rated. Credits with a scope count
    /// whatever the request's model is.
    ///
    /// - Parameters:
    ///   - id: What tells the reservation from others of the account: the request id, say. Asking again holds nothing more.
    ///   - amount: Zero or more.
    ///   - duration: Longer than the request can take and its usage then waits for `run`.
    ///   - instant: Nil for now, by the server's clock, which all who reserve share.
    /// - Throws: ``StoreError`` when the account's money is of another currency, or amount or duration cannot be.
    public func reserve(
        _ account: Identifier, id: Identifier, _ amount: Money, for duration: Duration, at instant: Instant? = nil
    ) throws -> ReservationAnswer {
        let (seconds, attoseconds) = duration.components
        guard amount.units >= 0, duration > .zero, duration <= .seconds(366 * 86_400) else {
            throw StoreError(
                .credits, "\(amount) cannot be reserved for \(duration); expected zero or more, for up to 366 days")
        }
        let microseconds = max(1, seconds * Instant.second + attoseconds / 1_000_000_000_000)
        let statement = Reserve(
            account: account, id: id, amount: amount, microseconds: microseconds, instant: instant)
        let row = try transaction(as: .writer) { try $0.query(statement) }.first
        switch row?.outcome {
        case "reserved": return .reserved
        case "conflict": return .conflict
        case "insufficient": return .insufficient(available: Money(units: row?.left ?? 0, amount.currency))
        case "limit":
            guard let name = row?.limit else { break }
            return .limitReached(Balance.LimitLeft(name: name, left: Money(units: row?.left ?? 0, amount.currency)))
        case "currency":
            throw StoreError(
                .credits, "the money of \(account) is \(row?.currency ?? ""), not \(amount.currency)")
        default: break
        }
        throw PostgresError(.protocolViolation, "taximeter.reserve answered \(row?.outcome ?? "nothing")")
    }

    /// Puts what a request has cost in the place of what was reserved for it. It is held until the reservation expires,
    /// by when its usage is to be rated; settling again with the same amount does nothing.
    public func settle(_ account: Identifier, id: Identifier, _ actual: Money) throws -> SettlementAnswer {
        if actual.units < 0 {
            throw StoreError(.credits, "a request cannot have cost \(actual); expected zero or more")
        }
        let statement = Settle(account: account, id: id, actual: actual)
        let answer = try transaction(as: .writer) { try $0.query(statement) }.first
        switch answer {
        case "settled": return .settled
        case "conflict": return .conflict
        default: return .unknown
        }
    }

    /// Takes a reservation back for a request that cost nothing; again does nothing.
    ///
    /// - Returns: False, and no change, for one that was settled.
    @discardableResult
    public func release(_ account: Identifier, id: Identifier) throws -> Bool {
        try transaction(as: .writer) { try $0.query(Release(account: account, id: id)) }.first ?? true
    }
}

/// Holds an amount, or says why not.
struct Reserve: Statement {
    struct Row {
        let outcome: String
        let left: Int128?
        let limit: Identifier?
        let currency: String?
    }

    let account: Identifier
    let id: Identifier
    let amount: Money
    let microseconds: Int64
    let instant: Instant?

    var sql: SQL {
        """
        SELECT outcome, amount_left, limit_name, own_currency FROM taximeter.reserve(
            \(account.text), \(id.text), \(Numeric(units: amount.units)), \(amount.currency.code), \(microseconds), \
        coalesce(\(instant.map(Timestamp.init)), now()))
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let hasAmount = try row.get(1, as: Numeric?.self) != nil
        return Row(
            outcome: try row.get(0), left: hasAmount ? try row.units(1) : nil, limit: try row.optionalIdentifier(2),
            currency: try row.get(3))
    }
}

/// Settles a reservation.
struct Settle: Statement {
    let account: Identifier
    let id: Identifier
    let actual: Money

    var sql: SQL {
        """
        SELECT taximeter.settle_reservation(
            \(account.text), \(id.text), \(Numeric(units: actual.units)), \(actual.currency.code))
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}

/// Takes a reservation back.
struct Release: Statement {
    let account: Identifier
    let id: Identifier

    var sql: SQL { "SELECT taximeter.release_reservation(\(account.text), \(id.text))" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Bool { try row.get(0) }
}

/// Removes reservations that expired long enough ago that nobody settles them any more, and names the accounts whose
/// balances that changes: those for which they had not expired yet, by the server's clock.
struct RemoveOldReservations: Statement {
    let now: Instant

    var sql: SQL {
        let before = now.advanced(byMicroseconds: -Self.kept) ?? .earliest
        return """
            WITH removed AS (
                DELETE FROM taximeter.reservation WHERE expires_at < \(before) RETURNING account_key, expires_at
            )
            SELECT DISTINCT account_key FROM removed WHERE expires_at > now() ORDER BY account_key
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }

    /// For how long an expired reservation can still be settled, and its id tells a repeat.
    static let kept = Instant.day
}
