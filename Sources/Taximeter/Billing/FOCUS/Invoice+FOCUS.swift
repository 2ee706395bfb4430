/// Why an invoice cannot be written as FOCUS rows.
public enum FOCUSError: Error, Equatable, CustomStringConvertible {
    /// No price book says what a line's tokens cost by the list.
    case noListPrice(invoice: String, line: String)
    /// A draft: it has no number that its rows could name.
    case draft
    /// An amount does not fit.
    case money(MoneyError)

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .noListPrice(let invoice, let line):
            "invoice \(invoice): the stored price books have no list price for its line \(line); load the price book that "
                + "priced it with taximeter tariffs load"
        case .draft: "a draft has no number: make the invoice final first"
        case .money(let error): "\(error)"
        }
    }
}

extension Invoice {
    /// The invoice as rows of FOCUS 1.2. What is billed by them comes to the ``total``, to the last decimal.
    ///
    /// A line of usage is a row of tokens, and a row of fees where it has some; every other line is a row. Their costs are
    /// exact, so `unit price × quantity = cost`, and one row more says what rounding makes of the invoice. Lines that adjust
    /// a period billed before are corrections. Credits are no rows: they pay a part of the total, like money.
    ///
    /// - Parameter listPrice: What one token costs by the list: ``PriceBook/listPrice(of:)`` of the book that the key names.
    /// - Throws: ``FOCUSError``.
    public func focusRows(listPrice: (UsageLine.Key) -> Money?) throws(FOCUSError) -> [FOCUSCharge] {
        guard let number = issued?.number else { throw .draft }
        var rows: [FOCUSCharge] = []
        do {
            for line in lines {
                if let usage = line.usage {
                    guard let list = listPrice(usage) else {
                        throw FOCUSError.noListPrice(invoice: number, line: line.id)
                    }
                    rows.append(try .usage(line, usage, list: list))
                    if line.fees.units != 0 { rows.append(try .fee(line, line.fees, sku: usage.sku + "/fee")) }
                } else {
                    rows.append(try .other(line))
                }
            }
            var rounding = total
            for row in rows { rounding = try rounding - row.cost }
            if rounding.units != 0 {
                rows.append(
                    FOCUSCharge(
                        category: .adjustment, frequency: .oneTime, isCorrection: false,
                        description: "Rounding of the invoice's lines to \(currency.minorUnitDigits) decimals",
                        period: period, pricing: nil, listCost: rounding, cost: rounding, line: nil))
            }
        } catch let error as MoneyError {
            throw .money(error)
        } catch let error as FOCUSError {
            throw error
        } catch {
            // Nothing else is thrown above.
            throw .money(.overflow)
        }
        return rows
    }
}

extension FOCUSCharge {
    /// The tokens of a line.
    fileprivate static func usage(_ line: InvoiceLine, _ key: UsageLine.Key, list: Money) throws(MoneyError)
        -> FOCUSCharge
    {
        FOCUSCharge(
            category: .usage, frequency: .usageBased, isCorrection: line.adjusts != nil, description: line.description,
            period: line.period,
            pricing: Pricing(
                quantity: line.quantity, listUnitPrice: list, contractedUnitPrice: line.unitPrice, sku: key.sku,
                skuPrice: key.skuPrice),
            listCost: try list * line.quantity, cost: try line.exact - line.fees, line: line)
    }

    /// A line that is no usage: fees are exact, like usage; taxes and limits are of amounts that are rounded already.
    fileprivate static func other(_ line: InvoiceLine) throws(MoneyError) -> FOCUSCharge {
        switch line.kind {
        case .usage, .recurringFee, .committedVolume: try fee(line, line.exact, sku: line.feeSKU)
        case .minimum, .maximum, .tax:
            FOCUSCharge(
                category: line.kind == .tax ? .tax : .adjustment, frequency: .oneTime,
                isCorrection: line.adjusts != nil, description: line.description, period: line.period, pricing: nil,
                listCost: line.amount, cost: line.amount, line: line)
        }
    }

    /// A fee, or one that is taken back: prices are never below zero, so that the quantity is.
    fileprivate static func fee(_ line: InvoiceLine, _ amount: Money, sku: String) throws(MoneyError) -> FOCUSCharge {
        let price = amount.units < 0 ? try -amount : amount
        return FOCUSCharge(
            category: .purchase, frequency: line.kind == .usage ? .oneTime : .recurring,
            isCorrection: line.adjusts != nil,
            description: line.kind == .usage ? line.description + ", fees of the tier" : line.description,
            period: line.period,
            pricing: Pricing(
                quantity: amount.units < 0 ? -1 : 1, listUnitPrice: price, contractedUnitPrice: price, sku: sku,
                skuPrice: sku),
            listCost: amount, cost: amount, line: line)
    }
}

extension UsageLine.Key {
    /// The tokens that are sold, whoever buys them and when.
    fileprivate var sku: String { "\(model)/\(tokenClass.name)" }

    /// The list price of them: one for all that is told apart by it.
    fileprivate var skuPrice: String {
        let version = "\(priceBook)/\(sku)/\(versionFrom)/\(serviceTier)"
        return band.map { "\(version)/\($0)" } ?? version
    }
}

extension InvoiceLine {
    /// `fee/pro`: the line's id without what differs from period to period.
    fileprivate var feeSKU: String {
        let id = id.hasPrefix(DueLine.aheadPrefix) ? String(id.dropFirst(DueLine.aheadPrefix.count)) : id
        let parts = id.split(separator: "/", maxSplits: 2)
        return parts.count == 3 ? "\(parts[0])/\(parts[2])" : id
    }
}
