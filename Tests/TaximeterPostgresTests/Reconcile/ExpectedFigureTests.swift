import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// The published day against what was published, and against invoices of a supplier that are right and wrong.
@Suite struct ExpectedFigureTests {
    private static func differences(_ figures: String) throws -> [Discrepancy] {
        let figures = try ExpectedFigures.parse("expected: [\(figures)]", file: "expected.yaml").figures
        var found: [Discrepancy] = []
        _ = try PublishedDay.shared.get().store.reconcile(
            #require(BillingMonth("2025-02")), against: ReconcileInputs(expected: figures)
        ) {
            found.append($0)
        }
        return found.filter { $0.finding.kind.hasSuffix("figure") }
    }

    @Test(arguments: [
        // The published tokens, which the day reproduces, and their sum.
        ("{figure: cache_hit_tokens, value: 342000000000}", []),
        ("{figure: input_tokens, value: 608000000000}", []),
        ("{figure: output_tokens, value: 168000000000}", []),
        // Published from unrounded tokens, half a billion of each class: 1,575 dollars.
        ("{figure: theoretical_amount, value: 562027, currency: USD, tolerance: 1575}", []),
        ("{figure: theoretical_amount, value: 562027, currency: USD}", ["+73"]),
        ("{figure: theoretical_amount, value: 562027, currency: CNY, tolerance: 1575}", ["-562027"]),
        // A supplier's invoice.
        ("{figure: gpu_hours, value: 43536}", []),
        ("{figure: gpu_cost, value: 87072, currency: USD}", []),
        ("{figure: gpu_hours, value: 43600}", ["-64"]),
        ("{figure: gpu_hours, value: 43600, tolerance: \"0.2%\"}", []),
        // Another pool's, another model's, other hours'.
        ("{figure: gpu_hours, value: 1, pool: none}", ["-1"]),
        ("{figure: output_tokens, value: 5, model: none}", ["-5"]),
        ("{figure: gpu_hours, value: 2224, from: 2025-02-27T04:00:00Z, until: 2025-02-27T05:00:00Z}", []),
    ])
    func compares(_ figure: String, _ sizes: [String]) throws {
        let found = try Self.differences(figure)
        #expect(found.map { $0.size.split(separator: " ").first.map(String.init) ?? "" } == sizes, "\(found)")
    }

    @Test func hoursOutsideTheMonthAreRefused() {
        #expect(throws: StoreError.self) {
            _ = try Self.differences("{figure: events, value: 1, from: 2025-01-31T23:00:00Z}")
        }
    }
}
