import Foundation
import TestKit
import Testing

/// The FinOps Foundation's `focus-validator` (PyPI, 2.2.1). It looks at columns, types, formats and nulls, and at no
/// arithmetic. .ci/run installs it into `.build`, where there is a Python for it.
enum FOCUSValidator {
    private static let home = Fixtures.packageRoot.appending(path: ".build/focus-validator")
    static let isThere = FileManager.default.isExecutableFile(atPath: home.appending(path: "bin/focus-validator").path)

    /// Rules that no export can keep, because the validator asks for them of every row; docs/focus-export.md says why.
    static let disputed: Set<String> = [
        // Only of charges that a third party is paid for.
        "BilledCost-C-005-C", "BilledCost-C-000-M",
        // Only of purchases that cover charges to come.
        "EffectiveCost-C-005-C",
        // The opposite of InvoiceId-C-005-C.
        "InvoiceId-C-004-C",
    ]

    /// What the exporting side supports, as the specification calls it.
    private static let criteria = [
        "ACCOUNT_NAMING_SUPPORTED", "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED", "MULTIPLE_PRICING_CATEGORIES_SUPPORTED",
        "NEGOTIATED_PRICING_SUPPORTED", "PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED", "PUBLIC_PRICE_LIST_SUPPORTED",
        "UNIT_PRICING_SUPPORTED", "USAGE_MEASUREMENT_SUPPORTED",
    ].joined(separator: ",")

    /// The rules that a file does not keep. The program's exit code is 0 whatever it finds, so its words are read.
    static func failures(_ text: String, in folder: URL) throws -> Set<String> {
        let file = folder.appending(path: "validated.csv")
        try Data(text.utf8).write(to: file)
        // It finds its rules beside itself, and only from there.
        let result = try CommandLineTool.run(
            script: """
                cd "$(dirname "$(find '\(home.path)/' -type d -name focus_validator | head -1)")" &&
                '\(home.path)/bin/focus-validator' --data-file '\(file.path)' --validate-version 1.2.0.1 --block-download \
                    --focus-dataset CostAndUsage --applicability-criteria \(criteria)
                """, within: 300)
        try #require(result.exitCode == 0, "\(result)")
        let counts = try #require(result.output.firstMatch(of: /Pass: (\d+) \| Fail: (\d+)/), "\(result)")
        try #require((Int(counts.1) ?? 0) > 200)
        let rules = Set(result.output.matches(of: /❌ (\S+): FAIL/).map { String($0.1) })
        try #require(Int(counts.2) == rules.count)
        return rules
    }

    /// Faults, and the rules that find them: so that a validator that passes everything is noticed.
    static let mutations = [
        (",Usage,", ",Consumption,", "ConsumedQuantity-C-004-C"), (",1000000 Tokens,", ",,", "PricingUnit-C-006-C"),
        (",INV-000001,", ",,", "InvoiceId-C-005-C"),
        (",USD,2026-02-01T00:00:00Z,", ",Dollar,2026-02-01T00:00:00Z,", "BillingCurrency-C-003-M"),
    ]
}
