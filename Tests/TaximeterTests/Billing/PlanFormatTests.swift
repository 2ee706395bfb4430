import Foundation
import TestKit
import Testing

@testable import Taximeter

/// docs/plan-format.md and the schemas of plans and accounts say what the reader does.
@Suite struct PlanFormatTests {
    private static let schemas = ["plan.schema.json", "accounts.schema.json"]
    private let page: DocumentedPage

    init() throws { page = try DocumentedPage("plan-format.md") }

    @Test func theKeysOfTheSchemasAreTheReaders() throws {
        let schema = Set(try Self.schemas.flatMap { try FileSchema($0).keySets() })
        let reader = try FileSchema.readerKeySets(of: "Sources/Taximeter/Billing/Plans/File")
        #expect(schema.subtracting(reader).map { $0.sorted() } == [], "keys in the schemas alone")
        #expect(reader.subtracting(schema).map { $0.sorted() } == [], "keys in the reader alone")
        #expect(reader.count >= 9)
    }

    @Test func thePageTellsEveryKey() throws {
        let path = Fixtures.packageRoot.appending(path: "docs/plan-format.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        for key in try Self.schemas.flatMap({ try FileSchema($0).keySets() }).flatMap(\.self) {
            #expect(text.contains("`\(key)`"), "\(key)")
        }
    }

    @Test func itsPlansComeBackTheSame() throws {
        let plans = try (page.blocks["yaml plan"] ?? []).map { try Plan.parse($0, file: "page") }
        #expect(plans.map(\.name.text) == ["pro", "enterprise", "flat"])
        for plan in plans {
            #expect(try Plan.parse(plan.canonicalJSON, file: "again") == plan)
            let currency = try given(plan.versions.first?.currency)
            #expect(try Plan(name: plan.name, currency: currency, stored: plan.storedVersions.reversed()) == plan)
        }
        let enterprise = plans[1].versions[0]
        #expect(enterprise.cycle == BillingCycle(length: .quarter, anchorDay: 15, anchorMonth: 2))
        #expect(enterprise.recurringFee?.amount == (try Money("1000", .usd)))
        #expect(enterprise.recurringFee?.due == .inArrears && enterprise.recurringFee?.proration == .days)
        #expect(enterprise.committedVolumes[0].overage == (try Factor("1.25")))
        #expect(enterprise.committedVolumes[0].allowance.classes == PerClass { $0 == .output })
        #expect(enterprise.maximum == (try Money("250000", .usd)) && enterprise.payment == .prepaid)
        #expect(enterprise.tax == PlanVersion.Tax(name: "VAT 19 %", rate: try Factor("0.19")))
        #expect(plans[2].versions[0].isUnlimited)
        #expect(plans[2].versions[0].cycle == BillingCycle(length: .week, anchorDay: 7))
        #expect(plans[0].versions[0].effective.until == plans[0].versions[1].effective.from)
        #expect(plans[0].versions[1].terms == nil)
    }

    @Test func itsAccountsAreAgreements() throws {
        let file = try AgreementFile.parse(page.block("yaml accounts"), file: "page")
        #expect(file.agreements.map(\.account.text) == ["acme", "globex"])
        #expect(file.agreements[0].subscriptions.map(\.plan.text) == ["pro", "enterprise"])
        #expect(
            file.agreements[0].subscriptions[0].effective.until == file.agreements[0].subscriptions[1].effective.from)
        #expect(file.agreements[1].timeZone == .utc && file.agreements[1].issuingEntity.text == "default")
        #expect(file.agreements[1].subscriptions.isEmpty)
    }

    /// The stored bytes of a version: changing them would make every stored version look changed.
    @Test func theStoredFormIsFixed() throws {
        let stored = try (page.blocks["yaml plan"] ?? []).flatMap { try Plan.parse($0, file: "page").storedVersions }
        #expect(
            stored.map(\.definition) == [
                #"{"from":"2026-01-01T00:00:00Z","price_book":"list-usd","#
                    + #""recurring_fee":{"amount":"20","due":"in_advance","prorated":"time"},"#
                    + #""terms":{"discount":{"factors":{"cache_hit":"0.9","cache_miss":"0.9","cache_write":"0.9","#
                    + #""cache_write_1h":"0.9","output":"0.9"}},"#
                    + #""allowances":[{"name":"included","tokens":1000000,"per":"period","order":"dearest_first"}]}}"#,
                #"{"from":"2026-07-01T00:00:00Z","price_book":"list-usd","#
                    + #""recurring_fee":{"amount":"25","due":"in_advance","prorated":"time"}}"#,
                #"{"from":"2026-01-01T00:00:00Z","until":"2028-01-01T00:00:00Z","price_book":"list-usd","#
                    + #""billing_period":{"length":"quarter","anchor_day":15,"anchor_month":2},"#
                    + #""recurring_fee":{"amount":"1000","due":"in_arrears","prorated":"days"},"#
                    + #""terms":{"allowances":[{"name":"trial","tokens":5000000,"per":"lifetime","order":"in_order"}],"#
                    + #""rounding":"half_even"},"#
                    + #""committed_volumes":[{"name":"output-2b","tokens":2000000000,"order":"in_order","#
                    + #""classes":["output"],"fee":"3000","overage":"1.25"}],"#
                    + #""minimum":"5000","maximum":"250000","payment":"prepaid","#
                    + #""tax":{"name":"VAT 19 %","rate":"0.19"}}"#,
                #"{"from":"2026-01-01T00:00:00Z","price_book":"list-usd","#
                    + #""billing_period":{"length":"week","anchor_day":"sunday"},"#
                    + #""recurring_fee":{"amount":"200","due":"in_advance","prorated":"time"},"unlimited":true}"#,
            ])
    }

    // MARK: By a validator

    @Test(.enabled(if: FileSchema.hasValidator, "the Python packages jsonschema and PyYAML are not there"))
    func everyExampleAndItsCanonicalFormValidate() throws {
        let plans = page.blocks["yaml plan"] ?? []
        let canonical = try plans.map { try Plan.parse($0, file: "page").canonicalJSON }
        #expect(try FileSchema.validate(plans + canonical + [try page.block("yaml accounts")]) == [])
    }

    private static let plan = """
        plan: p
        currency: USD
        versions:
          - from: 2026-01-01T00:00:00Z
            price_book: list
            billing_period: {length: year, anchor_day: 3, anchor_month: 4}
            recurring_fee: {amount: 20.5, due: in_arrears, prorated: days}
            terms: {rounding: up}
            committed_volumes: [{name: v, tokens: 10, fee: 1, overage: 1.5, order: in_order, classes: [output]}]
            minimum: 1
            maximum: 2
            payment: prepaid
            tax: {name: VAT, rate: 0.2}
        """
    private static let accounts = """
        accounts:
          - account: a
            time_zone: Asia/Shanghai
            issuing_entity: e
            subscriptions: [{plan: p, from: 2026-01-01T00:00:00Z, until: 2026-02-01T00:00:00Z}]
        """

    /// Documents that the reader refuses, each for one fault that a schema can see.
    @Test(
        .enabled(if: FileSchema.hasValidator, "the Python packages jsonschema and PyYAML are not there"),
        arguments: [
            ("currency: USD", "currency: usd"), ("plan: p", "plann: p"), ("price_book: list", "pricebook: list"),
            ("length: year", "length: decade"), ("anchor_day: 3", "anchor_day: 32"),
            ("anchor_day: 3", "anchor_day: monday"), ("length: year", "length: month"),
            ("anchor_month: 4", "anchor_month: 13"), ("amount: 20.5", "amount: -1"), ("in_arrears", "late"),
            ("prorated: days", "prorated: hours"), ("rounding: up", "rounding: down"), ("tokens: 10", "tokens: 0"),
            ("fee: 1,", ""), ("overage: 1.5", "overage: -1"), ("[output]", "[outputs]"), ("minimum: 1", "minimum: 0"),
            ("payment: prepaid", "payment: cash"), ("rate: 0.2", "rates: 0.2"),
            ("payment: prepaid", "unlimited: true"), ("2026-01-01T00:00:00Z", "2026-01-01"),
        ])
    func whatTheReaderRefusesTheSchemaRefuses(_ old: String, _ new: String) throws {
        _ = try Plan.parse(Self.plan, file: "whole")
        let mutated = Self.plan.replacing(old, with: new)
        #expect(mutated != Self.plan)
        #expect(throws: FileErrors.self) { try Plan.parse(mutated, file: "mutated") }
        #expect(try FileSchema.validate([mutated]) != [])
    }

    @Test(
        .enabled(if: FileSchema.hasValidator, "the Python packages jsonschema and PyYAML are not there"),
        arguments: [
            ("account: a", "acount: a"), ("Asia/Shanghai", "CST"), ("plan: p,", ""),
            ("from: 2026-01-01", "since: 2026-01-01"),
            ("issuing_entity: e", "issuing_entity: ''"), ("subscriptions: [", "subscriptions: {a: "),
        ])
    func whatTheReaderRefusesOfAccounts(_ old: String, _ new: String) throws {
        _ = try AgreementFile.parse(Self.accounts, file: "whole")
        let mutated = Self.accounts.replacing(old, with: new).replacing(
            new == "subscriptions: {a: " ? "}]" : "\0", with: "}}")
        #expect(throws: FileErrors.self) { try AgreementFile.parse(mutated, file: "mutated") }
        #expect(try FileSchema.validate([mutated]) != [])
    }
}
