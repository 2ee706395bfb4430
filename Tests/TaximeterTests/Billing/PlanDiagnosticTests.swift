import Testing

@testable import Taximeter

/// What is wrong with plans and accounts.
@Suite struct PlanDiagnosticTests {
    @Test(arguments: [
        DiagnosticCase(
            "nothing", file: "{}",
            """
            1:1: plan: found nothing; expected the plan's name
            1:1: currency: found nothing; expected a currency code such as USD
            1:1: versions: found nothing; expected a list of versions
            """),
        DiagnosticCase(
            "names and currency", file: "plan: ''\ncurency: USD\ncurrency: DOLLAR\nversions: []\n",
            """
            """),
        DiagnosticCase(
            "version",
            file: """
                plan: p
                currency: JPY
                versions:
                  - {from: 2026-01-01, book: list}
                  - {from: 2026-01-01T00:00:00Z, until: 2025-01-01T00:00:00Z, price_book: list}
                  - {from: 2026-01-01T00:00:00Z, price_book: list, minimum: 0.5, maximum: 0, payment: prepay}
                  - {from: 2026-03-01T00:00:00Z, price_book: list, after_gap: true, unlimited: true, maximum: 5}
                  - {from: 2026-02-01T00:00:00Z, price_book: list, unlimited: yes, tax: {name: '', rate: -0.1, of: all}}
                """,
            """
            """),
        DiagnosticCase(
            "billing periods",
            file: """
                plan: p
                currency: USD
                versions:
                  - {from: 2026-01-01T00:00:00Z, until: 2026-02-01T00:00:00Z, price_book: list, billing_period: monthly}
                  - from: 2026-03-01T00:00:00Z
                    price_book: list
                    billing_period: {length: week, anchor_day: 3, anchor_month: 2}
                  - {from: 2026-04-01T00:00:00Z, price_book: list, billing_period: {length: month, anchor_day: 32}}
                  - {from: 2026-05-01T00:00:00Z, price_book: list, billing_period: {anchor_day: 1, anchor_month: 0}}
                """,
            """
            """),
        DiagnosticCase(
            "fees and volumes",
            file: """
                plan: p
                currency: USD
                versions:
                  - from: 2026-01-01T00:00:00Z
                    price_book: list
                    recurring_fee: {amount: -1, due: advance, prorated: hours}
                    terms: {allowances: [{name: a, tokens: 5, per: period}], discount: {factor: 2}}
                    committed_volumes:
                      - {name: a, tokens: 0, fee: 1}
                      - {name: a, tokens: 5, fee: 1e3, overage: x}
                      - {name: a, tokens: 5, fee: 1, per: period}
                      - {name: b, tokens: 5, fee: 1, models: [], classes: [outputs]}
                      - {name: b, tokens: 5, fee: 1}
                      - {tokens: 5}
                """,
            """
            """),
    ])
    func plans(_ wrong: DiagnosticCase) { wrong.check(by: Plan.parse) }

    @Test(arguments: [
        DiagnosticCase(
            "accounts",
            file: """
                accounts:
                  - {account: a, time_zone: EST, subscription: []}
                  - {account: a, issuing_entity: ''}
                  - {}
                  - 7
                """,
            """
            """),
        DiagnosticCase(
            "subscriptions",
            file: """
                accounts:
                  - account: a
                    subscriptions:
                      - {plan: p, from: 2026-01-01T00:00:00Z, until: 2026-01-01T00:00:00Z}
                      - {plan: p, from: 2026-01-01T00:00:00Z, until: 2026-03-01T00:00:00Z}
                      - {plan: q, from: 2026-02-01T00:00:00Z}
                      - {plan: r, from: 2026-02-01T00:00:00Z}
                      - {from: now}
                """,
            """
            """),
    ])
    func accounts(_ wrong: DiagnosticCase) { wrong.check(by: AgreementFile.parse) }
}
