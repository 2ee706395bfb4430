import ArgumentParser
import Taximeter

/// A length of time on the command line: `90s`, `30m`, `12h`, `7d`.
struct LengthOfTime: ExpressibleByArgument {
    let microseconds: Int64

    init?(argument: String) {
        let units = ["s": Instant.second, "m": Instant.minute, "h": Instant.hour, "d": Instant.day]
        guard let unit = argument.last.flatMap({ units[String($0)] }), let count = Int64(argument.dropLast()), count > 0
        else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        microseconds = product
    }
}

/// A decimal with at most six digits behind the point, on the command line.
struct Decimal6: ExpressibleByArgument {
    let millionths: UInt64

    init?(argument: String) {
        guard let match = argument.wholeMatch(of: /([0-9]{1,12})(?:\.([0-9]{1,6}))?/), let whole = UInt64(match.1),
            let fraction = UInt64((match.2 ?? "").padded(to: 6))
        else { return nil }
        millionths = whole * 1_000_000 + fraction
    }
}

extension Substring {
    fileprivate func padded(to count: Int) -> String { self + String(repeating: "0", count: count - self.count) }
}
