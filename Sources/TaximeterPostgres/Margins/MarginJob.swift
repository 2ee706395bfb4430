import PostgresWire
import Taximeter

/// Computes the margins of every UTC day whose charges, costs or policies have changed, and of their months.
///
/// A day is computed whole, from what it is made of, in one transaction: so a run that is killed is simply done again,
/// and two at once wait for each other. One day is in memory at a time, by its accounts.
struct MarginJob {
    let store: Store

    /// Computes all that is marked.
    ///
    /// - Returns: How many days were computed.
    func run(progress: (_ done: Int, _ total: Int) -> Void) throws -> Int {
        let days = try dirty(.day)
        progress(0, days.count)
        for (index, day) in days.enumerated() {
            try store.transaction(as: .biller, .job) { try MarginDay(day, $0).write() }
            progress(index + 1, days.count)
        }
        for month in try dirty(.month) {
            try store.transaction(as: .biller, .job) { try sum(month, $0) }
        }
        return days.count
    }

    private func dirty(_ grain: MarginGrain) throws -> [Instant] {
        try store.transaction(as: .biller) { try $0.query(ReadDirtyMargins(grain: grain)) }
    }

    private func sum(_ month: Instant, _ connection: Connection) throws {
        try MarginGrain.month.take(month, connection)
        // Enough to sum some hundred thousand accounts without going to disk.
        try connection.execute("SET LOCAL work_mem = '128MB'")
        try connection.execute(SumAccountMonth.sql(month))
    }
}

/// The margins of a UTC day, within the transaction that computes them.
struct MarginDay {
    private let day: Instant
    private let connection: Connection

    init(_ day: Instant, _ connection: Connection) {
        self.day = day
        self.connection = connection
    }

    /// Writes the day's rows in place of those that are there, keeps the month's sums with them, and marks the month for
    /// what is summed of it over accounts' models and channels.
    func write() throws {
        try MarginGrain.day.take(day, connection)
        let end = day.advanced(byMicroseconds: Instant.day) ?? .latest
        try connection.execute(InsertCostModels.sql(day..<end))
        try connection.execute("DELETE FROM taximeter.margin_hour WHERE hour >= \(day) AND hour < \(end)")
        let policies = try connection.query(ReadPolicies(name: AllocationPolicy.standardName))
        var accounts = MarginSumTable()
        try MarginHours(range: day..<end, policies: policies, connection: connection).forEach { hour, table in
            var ofHour = MarginSumTable()
            for (key, sums) in table.rows {
                try accounts.add(sums, to: key)
                try ofHour.add(sums, to: key.ofAllAccounts)
            }
            if !ofHour.isEmpty { try CopyMargins.write(hour, ofHour, connection) }
        }
        let month = BillingPeriod(containing: day).start
        // From here on one day of the month at a time: all of them change the same rows.
        try MarginGrain.month.lock(month, connection)
        try connection.execute(KeepMarginMonth.sql(.take, day, month: month))
        if !accounts.isEmpty { try CopyMargins.write(day: day, accounts, connection) }
        try connection.execute(KeepMarginMonth.sql(.add, day, month: month))
        try connection.execute(
            "DELETE FROM taximeter.margin_account_month WHERE month = \(month) AND days = 0")
        try connection.execute(
            """
            INSERT INTO taximeter.margin_dirty_month (month, marker)
            VALUES (\(month), pg_current_xact_id()) ON CONFLICT DO NOTHING
            """)
    }
}

/// Sums the charges of a range, hour after hour.
private struct ChargedHours {
    private var stored: Cursor<ReadChargesByTime>
    private var rows: ArraySlice<ReadChargesByTime.Row> = []

    init(_ range: Range<Instant>, _ connection: Connection) throws {
        // Enough to put a day of some hundred thousand charges in order without going to disk.
        try connection.execute("SET LOCAL work_mem = '128MB'")
        stored = try Cursor("charges_by_time", of: ReadChargesByTime(range: range), connection)
    }

    /// Those of the slots that were not summed yet and start before an instant.
    mutating func sums(until end: Instant) throws -> MarginSumTable {
        var table = MarginSumTable()
        while true {
            if rows.isEmpty, !stored.isAtEnd { rows = try stored.next(5_000)[...] }
            guard let row = rows.first, row.slotStart < end else { return table }
            try table.add(row.sums, to: row.key)
            rows.removeFirst()
        }
    }

    func close() throws { try stored.close() }
}

/// Goes through the hours of a range, a day at most, under the versions of a policy.
struct MarginHours {
    let range: Range<Instant>
    let policies: [AllocationPolicy]
    let connection: Connection

    /// Gives the rows of each hour, in order.
    func forEach(_ body: (Instant, MarginSumTable) throws -> Void) throws {
        let costs = try connection.query(ReadCostLines(range: range))
        let names = try MarginNames(of: range, assigned: Set(costs.compactMap(\.model)), connection)
        var lines: [Instant: [CostAllocator.Line]] = [:]
        for row in costs {
            var line = row.line
            line.model = row.model.flatMap(names.place)
            lines[row.hour, default: []].append(line)
        }
        var charges = try ChargedHours(range, connection)
        var hour = range.lowerBound
        while hour < range.upperBound {
            let next = hour.advanced(byMicroseconds: Instant.hour) ?? range.upperBound
            let policy = AllocationPolicy.inForce(at: hour, of: policies) ?? .standard
            let margins = try MarginHour(try charges.sums(until: next), lines[hour] ?? [], policy, names)
            try body(hour, margins.table)
            hour = next
        }
        try charges.close()
    }
}
