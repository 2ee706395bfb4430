/// Exchange rates by pair and day.
public struct FXTable: Sendable {
    private struct Pair: Hashable {
        let base: Currency
        let quote: Currency
    }

    /// The rates of each pair, in order of days.
    private let rates: [Pair: [FXRate]]

    /// How many days a rate stands in for the days after it. Markets rest on weekends and holidays: the European Central
    /// Bank has at most four such days in a row (Easter).
    public static let daysAtMost: Int64 = 7

    /// A table of rates.
    public init(_ rates: [FXRate]) {
        self.rates = Dictionary(grouping: rates) { Pair(base: $0.base, quote: $0.quote) }
            .mapValues { $0.sorted { $0.day < $1.day } }
    }

    /// The rate between two currencies on a day: the day's own, or else the last before it, at most ``daysAtMost`` days old.
    ///
    /// A pair that is quoted both ways is used in the direction that was asked for. No rate is made from two others.
    public func rate(from: Currency, to: Currency, on day: CivilDate) -> FXRate? {
        last(Pair(base: from, quote: to), day) ?? last(Pair(base: to, quote: from), day)
    }

    /// An amount in another currency, at the rate of a day.
    ///
    /// - Throws: ``FXError``.
    public func convert(_ amount: Money, to currency: Currency, on day: CivilDate) throws(FXError) -> ConvertedMoney {
        if amount.currency == currency { return ConvertedMoney(amount: amount, rate: nil) }
        guard let rate = rate(from: amount.currency, to: currency, on: day) else {
            throw .noRate(from: amount.currency, to: currency, day)
        }
        do {
            return try rate.convert(amount)
        } catch {
            throw .money(error)
        }
    }

    private func last(_ pair: Pair, _ day: CivilDate) -> FXRate? {
        guard let rates = rates[pair] else { return nil }
        var (low, high) = (0, rates.count)
        while low < high {
            let middle = (low + high) / 2
            if rates[middle].day <= day { low = middle + 1 } else { high = middle }
        }
        guard low > 0, day.daysSinceEpoch - rates[low - 1].day.daysSinceEpoch <= Self.daysAtMost else { return nil }
        return rates[low - 1]
    }
}

/// Why an amount cannot be converted.
public enum FXError: Error, Equatable, CustomStringConvertible {
    /// There is no rate of the day, nor of the days just before it.
    case noRate(from: Currency, to: Currency, CivilDate)
    /// The amount does not fit.
    case money(MoneyError)

    /// What is missing, and what to do.
    public var description: String {
        switch self {
        case .noRate(let from, let to, let day):
            "there is no rate from \(from) to \(to) of \(day) or the \(FXTable.daysAtMost) days before it; "
                + "load one with taximeter fx load"
        case .money(let error): "\(error)"
        }
    }
}
