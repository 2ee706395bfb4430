import PostgresWire
import Taximeter

/// Keeps the balances of accounts, by which ``Store/balance(of:at:)`` answers.
///
/// Whoever changes what a balance is made of (grants and what is left of them, rated and invoiced amounts of periods,
/// limits, subscriptions and plans) calls it as the last statement of the same transaction: whoever holds the rows of kept
/// balances asks for no other lock, so nobody who waits for them is waited for. The functions that hold and settle amounts
/// do so themselves.
enum KeepBalances {
    static func sql(_ accountKeys: [Int64]) -> SQL { "SELECT taximeter.keep_balances(\(accountKeys))" }

    /// Of all accounts that had, have or will have a plan.
    static func sql(subscribersOf plan: Identifier) -> SQL {
        """
        SELECT taximeter.keep_balances(ARRAY(
            SELECT DISTINCT s.account_key FROM taximeter.subscription AS s WHERE s.plan = \(plan.text)))
        """
    }
}

/// Accounts whose kept balances are no longer right, because time has gone on, in the order of their keys.
struct ReadDueBalances: Statement {
    /// Accounts a transaction.
    static let limit: Int64 = 1_000

    var sql: SQL {
        """
        SELECT account_key FROM taximeter.account_balance WHERE valid_until <= now() ORDER BY account_key
        LIMIT \(Self.limit)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}
