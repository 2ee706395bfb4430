import PostgresWire
import Taximeter

/// Exchange rates by pair and day, of one day only where one is given.
struct ReadFXRates: Statement {
    let day: CivilDate?

    var sql: SQL {
        let ofDay: SQL = day.map { "day = \("\($0)")::text::date" } ?? "true"
        return """
            SELECT base, quote, (day - date '1970-01-01')::bigint, rate, source FROM taximeter.fx_rates
            WHERE \(ofDay) ORDER BY base, quote, day
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> FXRate {
        let (base, quote) = (try row.currency(0), try row.currency(1))
        let rate = Money(units: try row.units(3), quote)
        let day = CivilDate(daysSinceEpoch: try row.get(2))
        guard let rate = FXRate(base: base, day: day, rate: rate, source: try row.identifier(4)) else {
            throw .badValue("an exchange rate", "\(rate) for 1 \(base)")
        }
        return rate
    }
}

/// Stores rates whose pair and day are new.
enum InsertFXRates {
    static func sql(_ rates: [FXRate]) -> SQL {
        """
        INSERT INTO taximeter.fx_rate (base, quote, day, rate, source)
        SELECT r.base, r.quote, r.day::date, r.rate, r.source
        FROM unnest(
            \(rates.map(\.base.code))::text[], \(rates.map(\.quote.code))::text[],
            \(rates.map { "\($0.day)" })::text[], \(rates.map { Numeric(units: $0.rate.units) })::numeric[],
            \(rates.map(\.source.text))::text[]) AS r (base, quote, day, rate, source)
        """
    }
}
