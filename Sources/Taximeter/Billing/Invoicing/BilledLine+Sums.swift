extension BilledLine {
    /// What a line of an invoice says by itself.
    public init(_ line: InvoiceLine, number: String) {
        self.init(
            kind: line.kind, id: line.id, period: line.period, usage: line.usage, description: line.description,
            quantity: line.quantity, fees: line.fees, exact: line.exact, amount: line.amount, number: number)
    }

    /// What lines of several invoices, in their order, say of each line together.
    ///
    /// - Throws: ``MoneyError``.
    public static func sums(_ lines: [BilledLine]) throws(MoneyError) -> [BilledLine] {
        struct Key: Hashable {
            let periodStart: Instant
            let id: Identifier
        }
        var sums: [Key: BilledLine] = [:]
        for line in lines {
            // Bytes, because ids contain names: as strings, two spellings of one letter would be the same.
            let key = Key(periodStart: line.period.start, id: Identifier(unchecked: line.id))
            sums[key] = try sums[key].map { before throws(MoneyError) in try before.followed(by: line) } ?? line
        }
        return Array(sums.values)
    }

    private func followed(by later: BilledLine) throws(MoneyError) -> BilledLine {
        BilledLine(
            kind: later.kind, id: id, period: period, usage: later.usage, description: later.description,
            quantity: try sum(quantity, later.quantity), fees: try fees + later.fees, exact: try exact + later.exact,
            amount: try amount + later.amount, number: later.number)
    }
}
