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
    /// Margins by model in one currency, where one was asked for.
    public let converted: ConvertedMargins?
}

extension Store {
    /// What the margin views say of a month.
    ///
    /// - Parameter currency: One in which all of it is said too, each hour at the rate of its day.
    /// - Throws: `FXError` naming the pair and the first day without a rate.
    public func report(
        of month: BillingMonth, timeZone: TimeZoneRules, in currency: Currency? = nil
    ) throws -> OperatorReport {
        let hours = month.range(in: .utc)
        return try report(of: hours, timeZone: timeZone, isMonth: true, in: currency)
    }

    /// What the margin views say of some hours. Accounts are of the UTC days that have an hour among them.
    ///
    /// - Parameter currency: One in which all of it is said too, each hour at the rate of its day.
    /// - Throws: `FXError` naming the pair and the first day without a rate.
    public func report(
        of hours: Range<Instant>, timeZone: TimeZoneRules, in currency: Currency? = nil
    ) throws -> OperatorReport {
        try report(of: hours, timeZone: timeZone, isMonth: false, in: currency)
    }

    /// All of it in one snapshot, so that every part is of the same run.
    private func report(
        of hours: Range<Instant>, timeZone: TimeZoneRules, isMonth: Bool, in currency: Currency?
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
                capacity: try connection.rows(queries.capacity),
                converted: try currency.map {
                    try ConvertedMargins.read(from: from, until: until, by: .model, in: $0, connection)
                })
        }
    }
}
