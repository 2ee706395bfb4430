import ArgumentParser
import Taximeter
import TaximeterPostgres

/// A discount for some hours of the day, on the command line.
struct OffPeakOptions: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "Prices of the --off-peak-hours times this factor: 0.25 is 75 % off.")
    var offPeak: [DecimalArgument] = []
    @Option(help: "Whole hours of the UTC day, such as 16-1: from 16:00 until 01:00.")
    var offPeakHours: DayHours?

    func validate() throws {
        if offPeak.isEmpty != (offPeakHours == nil) {
            throw ValidationError("--off-peak and --off-peak-hours go together")
        }
    }

    /// The rows, of one currency.
    ///
    /// - Parameters:
    ///   - column: Which revenue the margin has.
    ///   - hourly: The margins of each hour.
    func margins(
        _ base: Margin, _ column: String, _ hourly: [MarginRow]
    ) throws -> [(name: String, margin: Margin)] {
        guard let offPeakHours else { return [] }
        let currency = base.revenue.currency
        var part = Money.zero(currency)
        for row in hourly where row["currency"] == currency.code {
            guard let hour = Instant(rfc3339: row.group), offPeakHours.contains(hour), let text = row[column] else {
                continue
            }
            part = try part + Money(text, currency)
        }
        return try offPeak.map { factor in
            ("off-peak \(offPeakHours) × \(factor)", try base.withPart(part, times: factor.factor))
        }
    }
}

/// Whole hours of the UTC day: `16-1` begins at 16:00 and ends at 01:00 of the next day.
struct DayHours: ExpressibleByArgument, CustomStringConvertible {
    let from: Int64
    let until: Int64

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = Int64(parts[0]), let until = Int64(parts[1]),
            (0...23).contains(from), (0...24).contains(until), from != until % 24
        else { return nil }
        (self.from, self.until) = (from, until)
    }

    var description: String { "\(from)-\(until)" }

    /// Whether an hour that starts then is one of them.
    func contains(_ instant: Instant) -> Bool {
        let start = instant.floored(toMicroseconds: Instant.day)
        let hour = (instant.microseconds - start.microseconds) / Instant.hour
        return from < until ? (from..<until).contains(hour) : hour >= from || hour < until
    }
}
