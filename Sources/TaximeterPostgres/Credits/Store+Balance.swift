import PostgresWire
public import Taximeter

extension Store {
    /// What an account has: valid credits and what it is owed, less charges that no invoice covers (up to the last usage
    /// that was rated), less open reservations. One statement and one round trip, with the privileges of the login itself,
    /// which has those of `taximeter_writer` or `taximeter_biller`.
    ///
    /// - Parameter instant: When; nil for now, by the server's clock.
    /// - Returns: Nil for an account that has had neither credits nor charges nor limits.
    /// - Throws: ``StoreError`` where the account's charges are of another currency than its credits.
    public func balance(of account: Identifier, at instant: Instant? = nil) throws -> Balance? {
        let row = try pool.withRetriedConnection { try $0.queryPrepared(ReadBalances(of: account, at: instant)) }.first
        if let own = row?.balance?.available.currency, let other = row?.otherCurrency {
            throw StoreError(
                .credits, "\(account) has money in \(own) and in \(other): another currency is another account")
        }
        return row?.balance
    }

    /// The balances of some accounts, in one statement; accounts without one, and those with two currencies, are left out.
    public func balances(of accounts: [Identifier], at instant: Instant? = nil) throws -> [Identifier: Balance] {
        let rows = try pool.withRetriedConnection { try $0.queryPrepared(ReadBalances(of: accounts, at: instant)) }
        return rows.reduce(into: [:]) { if $1.otherCurrency == nil { $0[$1.account] = $1.balance } }
    }
}

/// Balances of some accounts.
struct ReadBalances: Statement {
    struct Row {
        let account: Identifier
        let balance: Balance?
        /// A currency that must not be there.
        let otherCurrency: String?
    }

    let sql: SQL

    private static let columns: SQL = """
        SELECT account, currency, credits, unbilled, reserved, is_prepaid, limit_name, limit_left, other_currency
        """

    /// In no order; accounts that are not known are left out.
    init(of accounts: [Identifier], at instant: Instant?) {
        sql = """
            \(Self.columns)
            FROM taximeter.balances(\(accounts.map(\.text)), coalesce(\(instant.map(Timestamp.init)), now()))
            """
    }

    /// Of an account that the same transaction has changed: its balance is kept only at the end, so it is made from its
    /// parts.
    init(changing accountKey: Int64, at instant: Instant?) {
        sql = """
            \(Self.columns)
            FROM taximeter.balances_at(\([accountKey]), coalesce(\(instant.map(Timestamp.init)), now()))
            """
    }

    /// No row for an account that is not known.
    init(of account: Identifier, at instant: Instant?) {
        sql = """
            \(Self.columns) FROM taximeter.balance(\(account.text), coalesce(\(instant.map(Timestamp.init)), now()))
            WHERE account IS NOT NULL
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let account = try row.identifier(0)
        let other = try row.get(8, as: String?.self)
        guard try row.get(1, as: String?.self) != nil else {
            return Row(account: account, balance: nil, otherCurrency: other)
        }
        let credits = try row.money(2, currency: 1)
        let unbilled = try row.money(3, currency: 1)
        let reserved = try row.money(4, currency: 1)
        let isPrepaid = try row.get(5, as: Bool.self)
        var limit: Balance.LimitLeft?
        if let name = try row.optionalIdentifier(6) {
            limit = Balance.LimitLeft(name: name, left: try row.money(7, currency: 1))
        }
        do {
            let balance = try Balance(
                credits: credits, unbilled: unbilled, reserved: reserved, isPrepaid: isPrepaid, limit: limit)
            return Row(account: account, balance: balance, otherCurrency: other)
        } catch {
            throw .badValue("a balance", "\(error)")
        }
    }
}
