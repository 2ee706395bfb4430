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
            #"""
            1:7: plan: found nothing; expected a name of 1 to 255 bytes, without NUL
            2:1: found the key "curency"; expected one of plan, currency, versions (did you mean "currency"?)
            3:11: currency: found "DOLLAR"; expected a currency code of ISO 4217, such as USD
            4:11: versions: found no version; expected at least one
            """#),
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
            #"""
            4:5: versions[0].price_book: found nothing; expected the name of the price book that rates
            4:12: versions[0].from: found "2026-01-01"; expected an instant with its offset, such as 2025-01-20T00:00:00Z
            4:24: versions[0]: found the key "book"; expected one of from, until, after_gap, price_book, billing_period, recurring_fee, terms, committed_volumes, unlimited, minimum, maximum, payment, tax
            5:5: versions[1]: found an end at 2025-01-01T00:00:00Z; expected an end after the start at 2026-01-01T00:00:00Z
            6:61: versions[2].minimum: found "0.5"; expected an amount above 0 in JPY, with at most 0 decimals
            6:75: versions[2].maximum: found "0"; expected an amount above 0 in JPY, with at most 0 decimals
            6:87: versions[2].payment: found "prepay"; expected postpaid or prepaid (did you mean "prepaid"?)
            7:5: versions[3]: found after_gap: true; expected a gap before it: the version before ends at 2026-03-01T00:00:00Z
            7:95: versions[3].maximum: found "5"; expected nothing beside unlimited: usage costs nothing then
            8:5: versions[4]: found a start at 2026-02-01T00:00:00Z; expected no overlap with the version before, from 2026-03-01T00:00:00Z until 2026-03-01T00:00:00Z
            8:63: versions[4].unlimited: found "yes"; expected true or false
            8:80: versions[4].tax.name: found nothing; expected a text of 1 to 255 bytes, without NUL
            8:90: versions[4].tax.rate: found "-0.1"; expected a factor of 0 or more, such as 0.5 (less would be a discount of more than 100 %)
            8:96: versions[4].tax: found the key "of"; expected one of name, rate
            """#),
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
            #"""
            4:97: versions[0].billing_period: found "monthly"; expected week or month or quarter or year (did you mean "month"?)
            5:5: versions[1]: found a gap after 2026-02-01T00:00:00Z; expected a start at 2026-02-01T00:00:00Z, or after_gap: true
            7:48: versions[1].billing_period.anchor_day: found "3"; expected monday or tuesday or wednesday or thursday or friday or saturday or sunday
            7:65: versions[1].billing_period.anchor_month: found "2"; expected an anchor month for quarters and years only
            8:96: versions[2].billing_period.anchor_day: found "32"; expected a whole number from 1 to 31
            9:68: versions[3].billing_period.length: found nothing; expected week, month, quarter or year
            9:98: versions[3].billing_period.anchor_month: found "0"; expected a whole number from 1 to 12
            """#),
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
            #"""
            6:29: versions[0].recurring_fee.amount: found "-1"; expected an amount of 0 or more in USD, with at most 18 decimals
            6:38: versions[0].recurring_fee.due: found "advance"; expected in_advance or in_arrears
            6:57: versions[0].recurring_fee.prorated: found "hours"; expected time or days or none
            7:81: versions[0].terms.discount.factor: found "2"; expected a factor from 0 to 1: it is a discount
            9:7: versions[0].committed_volumes: found a second allowance or volume a; expected a name of its own for each
            9:7: versions[0].committed_volumes: found a second allowance or volume b; expected a name of its own for each
            9:27: versions[0].committed_volumes[0].tokens: found "0"; expected a whole number of tokens from 1 to 9223372036854775807
            10:35: versions[0].committed_volumes[1].fee: found "1e3"; expected an amount of 0 or more in USD, with at most 18 decimals
            10:49: versions[0].committed_volumes[1].overage: found "x"; expected a factor of 0 or more, such as 0.5 (less would be a discount of more than 100 %)
            11:38: versions[0].committed_volumes[2]: found the key "per"; expected one of name, tokens, order, models, classes, fee, overage
            12:46: versions[0].committed_volumes[3].models: found no model; expected at least one model
            12:60: versions[0].committed_volumes[3].classes[0]: found "outputs"; expected cache_hit or cache_miss or cache_write or cache_write_1h or output (did you mean "output"?)
            14:9: versions[0].committed_volumes[5].name: found nothing; expected a name for the committed volume
            14:9: versions[0].committed_volumes[5].fee: found nothing; expected what the volume costs a period
            """#),
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
            #"""
            2:29: accounts[0].time_zone: found "EST"; expected an IANA time zone such as Asia/Shanghai, or UTC
            2:34: accounts[0]: found the key "subscription"; expected one of account, time_zone, issuing_entity, subscriptions (did you mean "subscriptions"?)
            3:5: accounts[1].account: found a second a; expected each account once
            3:34: accounts[1].issuing_entity: found nothing; expected a name of 1 to 255 bytes, without NUL
            4:5: accounts[2].account: found nothing; expected the account's id
            5:5: accounts[3]: found "7"; expected a mapping with account, time_zone, issuing_entity, subscriptions
            """#),
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
            #"""
            4:9: accounts[0].subscriptions[0]: found an end at 2026-01-01T00:00:00Z; expected an end after the start at 2026-01-01T00:00:00Z
            6:9: accounts[0].subscriptions[2]: found a start at 2026-02-01T00:00:00Z; expected one from 2026-03-01T00:00:00Z on: an account has one plan at a time
            7:9: accounts[0].subscriptions[3]: found a start at 2026-02-01T00:00:00Z; expected one after 2026-02-01T00:00:00Z: an account has one plan at a time
            8:9: accounts[0].subscriptions[4].plan: found nothing; expected the name of the plan
            8:16: accounts[0].subscriptions[4].from: found "now"; expected an instant with its offset, such as 2025-01-20T00:00:00Z
            """#),
    ])
    func accounts(_ wrong: DiagnosticCase) { wrong.check(by: AgreementFile.parse) }
}
