import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// Some hours on the command line, and how to print what they say.
struct MeteredRange: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    @Option(help: "First hour, RFC 3339, on a whole UTC hour, or a UTC day such as 2025-02-27.")
    var from: HourArgument
    @Option(help: "First hour that is no longer included.")
    var to: HourArgument
    @Option(help: "How to print it. json carries the same figures as decimal strings.")
    var format: Format = .table

    func validate() throws {
        if to.instant <= from.instant { throw ValidationError("--to must be after --from") }
    }

    var seconds: Int128 { Int128(to.instant.microseconds - from.instant.microseconds) / 1_000_000 }
    var hours: Int128 { seconds / 3_600 }
}

extension MarginSummary {
    /// A column as a number of 10⁻¹⁸, further decimals cut off; nil where it is NULL.
    func units(_ column: String) throws -> Int128? {
        guard let text = self[column] else { return nil }
        let point = text.firstIndex(of: ".") ?? text.endIndex
        let end = text.index(point, offsetBy: Money.decimals + 1, limitedBy: text.endIndex) ?? text.endIndex
        return try Money(text[..<end], .usd).units
    }

    /// A count of tokens; 0 where it is NULL.
    func tokens(_ columns: String...) -> Int128 { columns.compactMap { self[$0].flatMap { Int128($0) } }.reduce(0, +) }
}
