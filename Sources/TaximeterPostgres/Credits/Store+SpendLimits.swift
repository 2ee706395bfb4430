import PostgresWire
public import Taximeter

extension Store {
    /// Sets a limit of an account, in the place of the one of the same name. What the running period has already come to is
    /// held against it at once.
    ///
    /// - Throws: ``StoreError`` when the account's money is of another currency.
    public func set(_ limit: SpendLimit, at now: Instant) throws {
        let accountKey = try recorder.accounts.keys(of: [limit.account], in: self)[0]
        try transaction(as: .biller) { connection in
            try connection.execute(LockCredits.sql(accountKey))
            let before = try connection.query(ReadSpendLimits(accountKey: accountKey)).first { $0.name == limit.name }
            if before == limit { return }
            // Before the alerts, as whoever tells of them has it: in another order the two would wait for each other.
            let periods = try connection.query(TakePeriods(running: now, of: accountKey))
            // Told of the old limit says nothing of the new one.
            try connection.execute(RemoveSpendLimit.alerts(limit.name, accountKey))
            try connection.execute(StoreSpendLimit.sql(limit, accountKey))
            let balance = try connection.query(ReadBalances(changing: accountKey, at: now)).first
            if let other = balance?.otherCurrency {
                // The limit's own currency is the one or the other.
                let currencies = [balance?.balance?.available.currency.code, other].compactMap(\.self)
                let own = currencies.first { $0 != limit.amount.currency.code } ?? other
                throw StoreError(
                    .credits,
                    "the money of \(limit.account) is \(own) and cannot be limited in \(limit.amount.currency)")
            }
            try connection.execute(Tell.sql(periods: periods, accountKeys: [], at: now))
            try connection.execute(KeepBalances.sql([accountKey]))
        }
    }

    /// Removes a limit; returns whether there was one.
    @discardableResult
    public func removeLimit(_ name: Identifier, of account: Identifier) throws -> Bool {
        try transaction(as: .biller) { connection in
            let accountKey = try Self.key(of: account, connection)
            try connection.execute(RemoveSpendLimit.alerts(name, accountKey))
            let removed = try connection.execute(RemoveSpendLimit.sql(name, accountKey))
            if removed > 0 { try connection.execute(KeepBalances.sql([accountKey])) }
            return removed > 0
        }
    }

    /// The limits of an account, by name.
    ///
    /// - Throws: ``StoreError`` for an account that is not known.
    public func limits(of account: Identifier) throws -> [SpendLimit] {
        try transaction(as: .biller) { connection in
            try connection.query(ReadSpendLimits(accountKey: Self.key(of: account, connection)))
        }
    }

    /// Has the outbox told when an account's credits, less what is unbilled, come down to an amount; nil for no longer.
    ///
    /// - Throws: ``StoreError`` when the account's money is of another currency, or the amount not more than zero.
    public func setLowBalance(_ amount: Money?, of account: Identifier, at now: Instant) throws {
        if let amount, amount.units <= 0 {
            throw StoreError(.credits, "\(amount) is no low balance; expected more than zero")
        }
        let accountKey = try recorder.accounts.keys(of: [account], in: self)[0]
        try transaction(as: .biller) { connection in
            try connection.execute(LockCredits.sql(accountKey))
            if let amount { try Self.ensureCurrency(amount.currency, of: account, accountKey, connection) }
            try connection.execute(
                """
                UPDATE taximeter.credit_account SET low_amount = \(amount.map { Numeric(units: $0.units) })
                WHERE account_key = \(accountKey)
                """)
            try connection.execute(Tell.sql(accountKeys: [accountKey], at: now))
            try connection.execute(KeepBalances.sql([accountKey]))
        }
    }
}

/// The limits of an account.
struct ReadSpendLimits: Statement {
    let accountKey: Int64

    var sql: SQL {
        """
        SELECT a.external_id, l.name, l.is_hard, l.amount, l.currency, l.thresholds
        FROM taximeter.spend_limit AS l INNER JOIN taximeter.account AS a USING (account_key)
        WHERE l.account_key = \(accountKey) ORDER BY l.name
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> SpendLimit {
        let account = try row.identifier(0)
        let name = try row.identifier(1)
        let isHard = try row.get(2, as: Bool.self)
        let amount = try row.money(3, currency: 4)
        let thresholds = try row.get(5, as: [Int32].self)
        do {
            return try SpendLimit(account: account, name: name, isHard: isHard, amount: amount, thresholds: thresholds)
        } catch {
            throw .badValue("a spend limit", "\(error)")
        }
    }
}

/// Stores a limit.
enum StoreSpendLimit {
    static func sql(_ limit: SpendLimit, _ accountKey: Int64) -> SQL {
        """
        INSERT INTO taximeter.spend_limit (account_key, name, is_hard, amount, currency, thresholds)
        VALUES (\(accountKey), \(limit.name.text), \(limit.isHard), \(Numeric(units: limit.amount.units)), \
        \(limit.amount.currency.code), \(limit.thresholds))
        ON CONFLICT (account_key, name) DO UPDATE
        SET is_hard = excluded.is_hard, amount = excluded.amount, currency = excluded.currency,
            thresholds = excluded.thresholds
        """
    }
}

/// Removes a limit.
enum RemoveSpendLimit {
    static func sql(_ name: Identifier, _ accountKey: Int64) -> SQL {
        "DELETE FROM taximeter.spend_limit WHERE account_key = \(accountKey) AND name = \(name.text)"
    }

    /// And what was told of it.
    static func alerts(_ name: Identifier, _ accountKey: Int64) -> SQL {
        "DELETE FROM taximeter.spend_alert WHERE account_key = \(accountKey) AND name = \(name.text)"
    }
}
