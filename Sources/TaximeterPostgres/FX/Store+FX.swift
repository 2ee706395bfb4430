import PostgresWire
public import Taximeter

/// What loading exchange rates did.
public struct FXLoad: Sendable, Hashable {
    /// Rates that are new.
    public let added: Int
    /// Rates that were there already.
    public let unchanged: Int
}

/// What there is one rate for.
private struct Key: Hashable {
    let base: Currency
    let quote: Currency
    let day: CivilDate

    init(_ rate: FXRate) {
        base = rate.base
        quote = rate.quote
        day = rate.day
    }
}

extension Store {
    /// Stores exchange rates. Loading the same again changes nothing; a rate never changes once it is stored, because
    /// figures were converted at it.
    ///
    /// - Throws: ``StoreError`` naming the file and the line of a rate that is stored with another value or source.
    public func load(_ file: FXFile) throws -> FXLoad {
        try transaction(as: .biller) { connection in
            try connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('taximeter.fx', 0))")
            var stored: [Key: FXRate] = [:]
            try connection.forEach(ReadFXRates(day: nil)) { stored[Key($0)] = $0 }
            var new: [FXRate] = []
            for (rate, line) in zip(file.rates, file.lines) {
                guard let known = stored[Key(rate)] else {
                    new.append(rate)
                    continue
                }
                if known == rate { continue }
                throw StoreError(
                    .fx,
                    "\(file.file):\(line): found \(rate); stored is \(known), at which figures may have been converted: "
                        + "a rate stays as it was loaded")
            }
            if !new.isEmpty { try connection.execute(InsertFXRates.sql(new)) }
            return FXLoad(added: new.count, unchanged: file.rates.count - new.count)
        }
    }

    /// The stored exchange rates, by pair and day.
    ///
    /// - Parameter day: Only those of this day; nil for all.
    public func fxRates(on day: CivilDate? = nil) throws -> [FXRate] {
        try transaction(as: .reader) { try $0.query(ReadFXRates(day: day)) }
    }
}
