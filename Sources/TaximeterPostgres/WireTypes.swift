import PostgresWire
import Taximeter

extension Timestamp {
    /// The instant, as the server has it.
    init(_ instant: Instant) { self.init(microseconds: instant.microseconds) }
}

extension SQL.Interpolation {
    /// An instant, to be bound.
    mutating func appendInterpolation(_ instant: Instant) { appendInterpolation(Timestamp(instant)) }
}

extension Numeric {
    /// An amount in 10⁻¹⁸ units.
    init(units: Int128) { self.init(units: units, scale: Money.decimals) }
}

extension ResultRow {
    /// A `timestamptz` that cannot be NULL.
    func instant(_ column: Int) throws(PostgresError) -> Instant { try Self.instant(get(column)) }

    /// A `timestamptz` or NULL.
    func optionalInstant(_ column: Int) throws(PostgresError) -> Instant? {
        guard let timestamp = try get(column, as: Timestamp?.self) else { return nil }
        return try Self.instant(timestamp)
    }

    /// A `timestamptz[]`.
    func instants(_ column: Int) throws(PostgresError) -> [Instant] {
        var instants: [Instant] = []
        for timestamp in try get(column, as: [Timestamp].self) { instants.append(try Self.instant(timestamp)) }
        return instants
    }

    /// A name or an id.
    func identifier(_ column: Int) throws(PostgresError) -> Identifier { try Self.identifier(get(column)) }

    /// A name, an id or NULL.
    func optionalIdentifier(_ column: Int) throws(PostgresError) -> Identifier? {
        guard let text = try get(column, as: String?.self) else { return nil }
        return try Self.identifier(text)
    }

    /// An amount, in 10⁻¹⁸ units.
    func units(_ column: Int) throws(PostgresError) -> Int128 {
        let amount = try get(column, as: Numeric.self)
        guard let scaled = amount.rescaled(to: Money.decimals) else {
            throw .badValue("an amount", "\(amount.units) × 10^-\(amount.scale)")
        }
        return scaled.units
    }

    /// A whole number beyond what `bigint` holds.
    func count(_ column: Int) throws(PostgresError) -> Int128 {
        let number = try get(column, as: Numeric.self)
        guard let whole = number.rescaled(to: 0) else {
            throw .badValue("a whole number", "\(number.units) × 10^-\(number.scale)")
        }
        return whole.units
    }

    private static func instant(_ timestamp: Timestamp) throws(PostgresError) -> Instant {
        guard let instant = Instant(microseconds: timestamp.microseconds) else {
            throw .badValue("an instant", "\(timestamp.microseconds) µs since 1970")
        }
        return instant
    }

    static func identifier(_ text: String) throws(PostgresError) -> Identifier {
        do {
            return try Identifier(text)
        } catch {
            throw .badValue("a name", text)
        }
    }
}
