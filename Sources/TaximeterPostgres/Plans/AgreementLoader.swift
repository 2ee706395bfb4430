import PostgresWire
public import Taximeter

/// What loading agreements did.
public struct AgreementLoad: Sendable, Hashable {
    /// Accounts whose agreement is new or another one than before.
    public let changedAccounts: Int
    /// Accounts whose agreement was stored already.
    public let unchangedAccounts: Int
    /// Billing periods whose charges the next run rates again.
    public let periodsToRate: Int
}

extension Store {
    /// Stores what accounts have agreed to; each agreement takes the place of all that was stored for its account.
    ///
    /// All are stored or none. Accounts need no usage before. Loading the same again does nothing. What a changed
    /// subscription means for usage that was rated comes with the next run, and for a billed period as an adjustment.
    ///
    /// - Parameter agreements: Any number, one an account: a hundred thousand take seconds.
    /// - Throws: ``StoreError`` with code ``StoreError/Code/plans``: two agreements of one account, subscriptions that
    ///   overlap, a plan that is not stored or has another currency, a billed period whose bounds would change.
    @discardableResult
    public func load(_ agreements: [Agreement]) throws -> AgreementLoad {
        let keys = try recorder.accounts.keys(of: agreements.map(\.account), in: self)
        return try transaction(as: .biller, .job) { connection in
            try AgreementLoader(agreements: Array(zip(keys, agreements)), connection: connection).load()
        }
    }

    /// What an account has agreed to; nil for an account that the store does not know.
    public func agreement(of account: Identifier) throws -> Agreement? {
        try transaction(as: .biller) { connection in
            let keys = try connection.query(ReadKeys(table: recorder.accounts, names: [account.text]))
            return try keys.first.flatMap { try ReadAgreements.agreements([$0.key], connection)[$0.key] }
        }
    }
}

/// Loads agreements, inside a transaction.
struct AgreementLoader {
    let agreements: [(key: Int64, agreement: Agreement)]
    let connection: Connection

    func load() throws -> AgreementLoad {
        let state = try PriceSnapshot.lock(connection)
        let plans = try ReadPlanVersions.plans(connection)
        try check(plans)
        try checkIssuers()
        let stored = try ReadAgreements.agreements(agreements.map(\.key), connection)
        let changed = agreements.filter { stored[$0.key] != $0.agreement }
        if changed.isEmpty {
            return AgreementLoad(changedAccounts: 0, unchangedAccounts: agreements.count, periodsToRate: 0)
        }
        let zones = Set(try connection.query(ReadTimeZones()))
        let changes = changed.map { key, agreement in
            let before = stored[key] ?? agreement
            return PeriodRows.Change(
                accountKey: key, account: agreement.account, old: BillingCalendar(before, plans),
                new: BillingCalendar(agreement, plans))
        }
        let periods = try PeriodRows(connection: connection).apply(changes)
        try recut(changed, stored)
        let keys = changed.map(\.key)
        try connection.execute(UpdateAccounts.sql(changed))
        try connection.execute("DELETE FROM taximeter.subscription WHERE account_key = ANY(\(keys))")
        try connection.execute(InsertSubscriptions.sql(changed))
        // Another zone cuts hours elsewhere, as another price does. Nothing else of an agreement is in what jobs keep
        // between their transactions.
        if Set(try connection.query(ReadTimeZones())) != zones {
            try connection.execute("UPDATE taximeter.price_state SET generation = \(state.generation + 1)")
        }
        try connection.execute(KeepBalances.sql(keys))
        return AgreementLoad(
            changedAccounts: changed.count, unchangedAccounts: agreements.count - changed.count, periodsToRate: periods)
    }

    private func check(_ plans: [Identifier: Plan]) throws {
        var accounts: Set<Identifier> = []
        for agreement in agreements.map(\.agreement) {
            func refusal(_ reason: String) -> StoreError {
                StoreError(.plans, "account \(agreement.account): \(reason)")
            }
            if !accounts.insert(agreement.account).inserted { throw refusal("two agreements; expected one") }
            let subscriptions = agreement.subscriptions
            for (earlier, later) in zip(subscriptions, subscriptions.dropFirst())
            where later.effective.from <= earlier.effective.from || later.effective.overlaps(earlier.effective) {
                throw refusal(
                    "\(later.plan) \(later.effective) does not follow \(earlier.plan) \(earlier.effective): an account has "
                        + "one plan at a time, in order of time")
            }
            var currency: (currency: Currency, plan: Identifier)?
            for name in subscriptions.map(\.plan) {
                guard let next = plans[name]?.versions.first?.currency else {
                    throw refusal("the store has no plan \(name): load it first with taximeter plans load")
                }
                if let currency, currency.currency != next {
                    throw refusal(
                        "\(name) is in \(next) and \(currency.plan) in \(currency.currency): another currency is another "
                            + "account")
                }
                currency = (next, name)
            }
        }
    }

    /// A new issuing entity gets its name and a dash for a prefix of its numbers, which must be nobody's: else no invoice of it
    /// could be made.
    private func checkIssuers() throws {
        let issuers = Set(agreements.map(\.agreement.issuingEntity))
        let taken = try connection.query(ReadTakenPrefixes(of: issuers.sorted()))
        guard let other = taken.first,
            let account = agreements.first(where: { $0.agreement.issuingEntity == other.entity })
        else { return }
        throw StoreError(
            .plans,
            "account \(account.agreement.account): numbers of \(other.entity) would begin with \(other.entity)-, as those of "
                + "\(other.owner) do; insert \(other.entity) into taximeter.issuing_entity with another prefix first")
    }

    /// Has the hours rolled up again that a subscription cuts elsewhere now, for its account.
    private func recut(_ changed: [(key: Int64, agreement: Agreement)], _ stored: [Int64: Agreement]) throws {
        var marks: [(hour: Instant, accountKey: Int64)] = []
        for (key, agreement) in changed {
            let differences = agreement.innerCuts.symmetricDifference(stored[key]?.innerCuts ?? [])
            marks += Set(differences.map(\.startOfHour)).map { ($0, key) }
        }
        if marks.isEmpty { return }
        try connection.execute(MarkRecutHours.sql(marks))
    }
}

/// Issuing entities that are not known yet, and whose prefix is another's.
struct ReadTakenPrefixes: Statement {
    struct Row {
        let entity: Identifier
        let owner: Identifier
    }

    let sql: SQL

    init(of entities: [Identifier]) {
        sql = """
            SELECT n.entity, e.entity FROM unnest(\(entities.map(\.text))) AS n (entity)
            INNER JOIN taximeter.issuing_entity AS e ON e.number_prefix = n.entity || '-' AND e.entity <> n.entity
            WHERE NOT EXISTS (SELECT FROM taximeter.issuing_entity AS o WHERE o.entity = n.entity)
            ORDER BY 1
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(entity: try row.identifier(0), owner: try row.identifier(1))
    }
}

extension Agreement {
    /// Where subscriptions cut the account's usage within hours.
    var innerCuts: Set<Instant> {
        Set(subscriptions.flatMap { [$0.effective.from, $0.effective.until].compactMap(\.self) }).filter {
            $0 != $0.startOfHour
        }
    }
}

/// Marks hours of accounts that are cut elsewhere now, where they were rolled up.
enum MarkRecutHours {
    static func sql(_ marks: [(hour: Instant, accountKey: Int64)]) -> SQL {
        """
        INSERT INTO taximeter.dirty_hour (hour, recut_account)
        SELECT m.hour, m.account_key
        FROM unnest(\(marks.map { Timestamp($0.hour) }), \(marks.map(\.accountKey))) AS m (hour, account_key)
        WHERE EXISTS (SELECT FROM taximeter.usage_hour AS h WHERE h.hour = m.hour)
        """
    }
}

/// The zones whose clocks cut the billing periods of some account.
struct ReadTimeZones: Statement {
    var sql: SQL { "SELECT DISTINCT time_zone FROM taximeter.account" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}
