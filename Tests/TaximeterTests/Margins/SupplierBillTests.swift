import TestKit
import Testing

@testable import Taximeter

/// What a supplier's bill says, and everything that can be wrong in it.
@Suite struct SupplierBillTests {
    private static func shown(_ bill: SupplierBill) -> [String] {
        bill.lines.map { line in
            let hours = line.hours.map { DecimalText.text($0, decimals: Money.decimals) } ?? "-"
            return [
                line.pool?.text ?? "-", line.gpu?.text ?? "-", "\(line.span.lowerBound) \(line.span.upperBound)", hours,
                line.amount.map { "\($0.decimalText) \($0.currency.code)" } ?? "-", line.source,
            ].joined(separator: "|")
        }
    }

    /// Lines of the same GPUs and time are added up; others stay apart.
    @Test func addsUpWhatBelongsTogether() throws {
        let bill = try SupplierBill.parse(
            """
            invoice,pool,gpu,month,from,until,gpu_hours,amount,currency
            1,h800,,2025-02,,,100.5,201,USD
            2,h800,,2025-02,,,50,100.000000000000000001,USD
            2,,H800,2025-02,,,50,,
            2,h800,,2025-03,,,1,,
            ,h800,,,2025-02-10T00:00:00Z,2025-02-11T00:00:00Z,24,48,USD

            """, file: "b.csv")
        #expect(
            Self.shown(bill) == [
                "h800|-|2025-02-01T00:00:00Z 2025-03-01T00:00:00Z|150.5|301.000000000000000001 USD|1, 2",
                "-|H800|2025-02-01T00:00:00Z 2025-03-01T00:00:00Z|50|-|2",
                "h800|-|2025-03-01T00:00:00Z 2025-04-01T00:00:00Z|1|-|2",
                "h800|-|2025-02-10T00:00:00Z 2025-02-11T00:00:00Z|24|48 USD|b.csv",
            ])
    }

    @Test(arguments: [
        ("month,gpu_hours\n", "1:1: found no line; expected at least one"),
        ("month,gpu_hours\n2025-13,1\n", "2:1: month: found \"2025-13\"; expected a month, such as 2025-02"),
        ("month,gpu_hours\n2025-02,-1\n", "2:9: gpu_hours: found \"-1\"; expected a decimal of 0 or more"),
        ("month,pool\n2025-02,p\n", "2:1: gpu_hours: found nothing; expected gpu_hours, or amount, or both"),
        ("month,amount\n2025-02,5\n", "2:1: currency: found nothing; expected the currency of the amount"),
        ("month,pool,gpu,gpu_hours\n2025-02,p,g,1\n", "2:11: gpu: found \"g\"; expected either pool or gpu"),
        ("month,gpu_hour\n2025-02,1\n", "2:1: gpu_hours: found nothing; expected gpu_hours, or amount, or both"),
        (
            "from,until,gpu_hours\n2025-02-01T00:00:00Z,2025-03-02T00:00:00Z,1\n",
            "2:1: until: found 2025-03-02T00:00:00Z; expected an hour after 2025-02-01T00:00:00Z, in the same month"
        ),
    ])
    func tellsWhatIsWrong(_ text: String, _ expected: String) {
        do throws(FileErrors) {
            _ = try SupplierBill.parse(text, file: "b")
            Issue.record("read: \(text)")
        } catch {
            #expect(error.diagnostics.contains { $0.description.hasPrefix("b:" + expected) }, "\(error)")
        }
    }
}
