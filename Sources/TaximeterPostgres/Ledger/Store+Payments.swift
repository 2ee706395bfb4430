import PostgresWire
public import Taximeter

/// What became of booking a payment or a write-off.
public enum BookingAnswer: Sendable, Hashable {
    /// It is new.
    case booked
    /// The same was booked already.
    case alreadyBooked
}

extension Store {
    /// Books money that came in for invoices; the same payment again does nothing.
    ///
    /// - Parameters:
    ///   - id: What tells it from the account's other payments: the bank's reference, say.
    ///   - invoice: The invoice that it is for, where that is known. It stays when that is voided: the money is there.
    /// - Throws: ``StoreError`` when the id stands for another payment, the account or the invoice is not known, or
    ///   the account's invoices are in another currency.
    @discardableResult
    public func bookPayment(
        _ id: Identifier, of account: Identifier, amount: Money, invoice: String? = nil, at now: Instant
    ) throws -> BookingAnswer {
        let transfer = try LedgerTransfer(
            id: "payment/\(id.idPart)", kind: .payment, debit: .cash, credit: .receivable, amount: amount,
            occurredAt: now,
            invoice: invoice)
        return try book(transfer, account, amount)
    }

    /// Gives up some of what an account owes, never more; the same again does nothing. Voiding the invoice takes it back.
    ///
    /// - Throws: ``StoreError`` when the id stands for another write-off, the account or the invoice is not known, the
    ///   invoice is void, or so much is not owed.
    @discardableResult
    public func writeOff(
        _ id: Identifier, of account: Identifier, amount: Money, invoice: String? = nil, at now: Instant
    ) throws -> BookingAnswer {
        let transfer = try LedgerTransfer(
            id: "write_off/\(id.idPart)", kind: .writeOff, debit: .writeOff, credit: .receivable, amount: amount,
            occurredAt: now, invoice: invoice)
        return try book(transfer, account, amount)
    }

    private func book(_ transfer: LedgerTransfer?, _ account: Identifier, _ amount: Money) throws -> BookingAnswer {
        guard let transfer, amount.units > 0 else {
            throw StoreError(.invoice, "the amount is \(amount); expected more than zero")
        }
        return try transaction(as: .biller) { connection in
            guard let key = try connection.query(ReadAccountKeys([account])).first?.key else {
                throw StoreError(.account, "there is no account \(account): no usage of it was recorded")
            }
            try connection.execute(EnsureChains.sql([key]))
            _ = try connection.query(LockChains(accountKeys: [key]))
            if let number = transfer.invoice, try connection.query(ReadInvoiceAccount(number: number)).first != key {
                throw StoreError(.invoice, "there is no invoice \(number) of account \(account)")
            }
            let owed = try connection.query(ReadReceivable(accountKey: key)).first ?? .zero(amount.currency)
            if owed.currency != amount.currency {
                throw StoreError(.invoice, "the money of \(account) is \(owed.currency), not \(amount.currency)")
            }
            if let stored = try connection.query(ReadTransfer(accountKey: key, id: transfer.id)).first {
                if stored.amount == transfer.amount, stored.invoice == transfer.invoice { return .alreadyBooked }
                throw StoreError(
                    .invoice, "\(transfer.id) of \(account) was \(stored.amount): give another one another id")
            }
            if transfer.kind == .writeOff, let number = transfer.invoice,
                try connection.query(ReadIsVoid(accountKey: key, number: number)).first == true
            {
                throw StoreError(.invoice, "invoice \(number) is void: nothing is owed for it that could be given up")
            }
            if transfer.kind == .writeOff, try owed.isLess(than: amount) {
                throw StoreError(.invoice, "\(account) owes \(owed), so that \(amount) cannot be given up")
            }
            try LedgerWriter.write([(key, transfer)], connection)
            try connection.execute(KeepBalances.sql([key]))
            return .booked
        }
    }
}
