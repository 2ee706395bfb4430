import PostgresWire
public import Taximeter

/// What an operator's page says of a range of hours: what was earned, what it cost, by what and by whom.
///
/// Amounts are exact decimals in units of their currency, as the views have them.
public struct OperatorReport: Sendable {
    /// The hours: whole UTC hours.
    public let hours: Range<Instant>
    /// Whether they are a UTC month, so that invoices and payments are told of.
    public let isMonth: Bool
    /// The zone on whose clock hours and weekdays are shown.
    public let timeZone: String
    /// Rows of `margin_summary`: one a currency.
    public let totals: [ViewRow]
    /// Rows of `margin_hourly`, with `label`, the hour on the zone's clock.
    public let byHour: [ViewRow]
    /// From theoretical revenue on, currency by currency; of a month to what was collected.
    public let waterfall: [WaterfallStep]
    /// Usage, revenue, cost and margins by model and currency, the most revenue first.
    public let models: [ViewRow]
    /// Cost per million tokens by class, a row a currency.
    public let unitCosts: [ViewRow]
    /// Accounts by profit, the most first: the ten best and the ten worst of each currency.
    public let accounts: [ViewRow]
    /// Rows of `load_by_weekday_and_hour`.
    public let load: [ViewRow]
    /// Rows of `capacity_hourly`, with `label`.
    public let capacity: [ViewRow]
}

extension Store {
    /// What the margin views say of a month.
    public func report(of month: BillingMonth, timeZone: TimeZoneRules) throws -> OperatorReport {
        let hours = month.range(in: .utc)
        return try report(of: hours, timeZone: timeZone, isMonth: true)
    }

    /// What the margin views say of some hours. Accounts are of the UTC days that have an hour among them.
    public func report(of hours: Range<Instant>, timeZone: TimeZoneRules) throws -> OperatorReport {
        try report(of: hours, timeZone: timeZone, isMonth: false)
    }

    /// All of it in one snapshot, so that every part is of the same run.
    private func report(
        of hours: Range<Instant>, timeZone: TimeZoneRules, isMonth: Bool
    ) throws -> OperatorReport {
        let zone = timeZone.identifier
        let (from, until) = (hours.lowerBound, hours.upperBound)
        return try transaction(as: .reader) { connection in
            try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            let queries = ReportQueries(from: from, until: until, zone: zone)
            return OperatorReport(
                hours: hours, isMonth: isMonth, timeZone: zone,
                totals: try connection.rows(queries.totals),
                byHour: try connection.rows(queries.byHour),
                waterfall: try connection.query(
                    isMonth ? ReadWaterfall(month: from) : ReadWaterfall(from: from, until: until)),
                models: try connection.rows(queries.models),
                unitCosts: try connection.rows(queries.unitCosts),
                accounts: try connection.rows(isMonth ? queries.accountsOfMonth : queries.accountsOfDays),
                load: try connection.rows(queries.load),
                capacity: try connection.rows(queries.capacity))
        }
    }
}
