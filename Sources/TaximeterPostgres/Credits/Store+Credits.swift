import PostgresWire
public import Taximeter

/// What became of giving credits.
public enum GrantAnswer: Sendable, Hashable {
    /// They are new.
    case granted
    /// The same grant was there already.
    case alreadyGranted
}

/// What asking for a refund led to.
public struct RefundAnswer: Sendable, Hashable {
    /// How much was paid back.
    public let amount: Money
    /// Whether it was booked now; otherwise it was there already.
    public let isNew: Bool
}

extension Store {
    /// Gives an account credits, or books what it has paid in; the same grant again does nothing.
    ///
    /// - Throws: ``StoreError`` when the id stands for another grant, or the account's money is of another currency.
    @discardableResult
    public func grant(_ grant: CreditGrant, at now: Instant) throws -> GrantAnswer {
        let accountKey = try recorder.accounts.keys(of: [grant.account], in: self)[0]
        return try transaction(as: .biller) { connection in
            try connection.execute(LockCredits.sql(accountKey))
            if try connection.execute(InsertGrant.sql(grant, accountKey)) == 0 {
                let stored = try connection.query(ReadGrants(accountKey: accountKey, id: grant.id)).first
                if stored?.open.grant == grant { return .alreadyGranted }
                throw StoreError(
                    .credits, "\(grant.account) has another grant \(grant.id): give the new one another id")
            }
            try Self.ensureCurrency(grant.amount.currency, of: grant.account, accountKey, connection)
            try connection.execute(InsertGrantBalance.sql(grant, accountKey))
            let isGiven = grant.kind == .granted
            let transfer = try LedgerTransfer(
                id: "grant/\(grant.id.idPart)", kind: isGiven ? .grant : .topUp, debit: isGiven ? .promotions : .cash,
                credit: .credits, amount: grant.amount, occurredAt: now, grant: grant.id)
            try LedgerWriter.write([transfer].compactMap { $0 }.map { (accountKey, $0) }, connection)
            try connection.execute(Tell.sql(accountKeys: [accountKey], at: now))
            try connection.execute(KeepBalances.sql([accountKey]))
            return .granted
        }
    }

    /// Pays back what is left of money that was paid in; the same refund again does nothing.
    ///
    /// - Parameters:
    ///   - grant: The id of the grant that was paid in.
    ///   - id: What tells the refund from others of the grant.
    ///   - amount: How much, in whole minor units; nil for all that can be paid back: what is left of the grant, but no more
    ///     than the account has available. What was used and is not billed yet stays.
    /// - Throws: ``StoreError`` when that much cannot be paid back.
    public func refund(
        _ grant: Identifier, of account: Identifier, id: Identifier, amount: Money? = nil, at now: Instant
    ) throws -> RefundAnswer {
        try transaction(as: .biller) { connection in
            let accountKey = try Self.key(of: account, connection)
            try connection.execute(LockCredits.sql(accountKey))
            let name = "grant/\(grant.idPart)/refund/\(id.idPart)"
            if let done = try connection.query(ReadTransferAmount(accountKey: accountKey, id: name)).first {
                if let amount, amount != done {
                    throw StoreError(.credits, "refund \(id) of \(grant) was \(done), not \(amount): give another id")
                }
                return RefundAnswer(amount: done, isNew: false)
            }
            if let amount, amount != amount.withoutFractions {
                throw StoreError(.credits, CreditGrant.Invalid.notWhole(amount).description)
            }
            try connection.execute(LockGrants.sql([accountKey]))
            guard let open = try connection.query(ReadGrants(accountKey: accountKey, id: grant)).first?.open else {
                throw StoreError(.credits, "\(account) has no grant \(grant)")
            }
            if open.grant.kind != .toppedUp {
                throw StoreError(.credits, "grant \(grant) was given, not paid in: there is nothing to pay back")
            }
            let balance = try connection.query(ReadBalances(of: account, at: now)).first?.balance
            let most = balance?.refundable(of: open) ?? .zero(open.left.currency)
            let refunded = amount ?? most
            guard refunded.currency == most.currency, refunded.units > 0, refunded.units <= most.units else {
                throw StoreError(
                    .credits,
                    "of grant \(grant) of \(account) at most \(most) can be paid back"
                        + (amount.map { ", not \($0)" } ?? ""))
            }
            let transfer = try LedgerTransfer(
                id: name, kind: .refund, debit: .credits, credit: .cash, amount: refunded, occurredAt: now, grant: grant
            )
            try LedgerWriter.write([transfer].compactMap { $0 }.map { (accountKey, $0) }, connection)
            try connection.execute(Tell.sql(accountKeys: [accountKey], at: now))
            try connection.execute(KeepBalances.sql([accountKey]))
            return RefundAnswer(amount: refunded, isNew: true)
        }
    }

    /// Every grant of an account with what is left of it, in the order in which they are used.
    ///
    /// - Throws: ``StoreError`` for an account that is not known.
    public func grants(of account: Identifier) throws -> [OpenGrant] {
        let rows = try transaction(as: .biller) { connection in
            try connection.query(ReadGrants(accountKey: Self.key(of: account, connection)))
        }
        return rows.map(\.open).sorted { $0.grant.isUsed(before: $1.grant) }
    }

    /// The account's key, if it is known.
    static func key(of account: Identifier, _ connection: Connection) throws -> Int64 {
        if let key = try connection.query(ReadAccountKey(account: account)).first { return key }
        throw StoreError(.account, "there is no account \(account): it has neither usage nor credits nor limits")
    }

    /// Refuses a second currency: another currency is another account.
    static func ensureCurrency(
        _ currency: Currency, of account: Identifier, _ accountKey: Int64, _ connection: Connection
    ) throws {
        let ensure = EnsureCreditAccount(accountKey: accountKey, currency: currency)
        // What another makes at the same moment, a later statement sees.
        let stored = try connection.query(ensure).first ?? connection.query(ensure).first
        let balance = try connection.query(ReadBalances(changing: accountKey, at: nil)).first
        if let other = stored == currency.code ? balance?.otherCurrency : stored {
            throw StoreError(
                .credits, "the money of \(account) is \(other), not \(currency): another currency is another account")
        }
    }
}
