import Foundation
import TestKit
import Testing

@testable import Taximeter

/// The canonical form says everything, and only one text says it.
@Suite struct InvoiceDocumentTests {
    /// An invoice with a value for everything.
    private func invoice() throws -> Invoice {
        let (january, february) = (try Bills.month("2026-01"), try Bills.month("2026-02"))
        let key = UsageLine.Key(
            segmentStart: january.start, plan: try Identifier("pro \"1\""), priceBook: try Identifier("list"),
            model: try Identifier("e\u{301}"), versionFrom: january.start, channel: try Identifier("api"),
            serviceTier: try Identifier("batch"), band: try Identifier("long"), schedule: try Identifier("night"),
            tokenClass: .cacheWrite1h, tier: RatedSlice.Tier(table: 1, step: 2),
            allowance: try Identifier("free\u{2028}"))
        let usage = try InvoiceLine(
            kind: .usage, id: "a/b", period: january, adjusts: "INV-000001", usage: key, description: "tokens",
            quantity: -5, unitPrice: Money("0.000000000000000001", .usd), fees: Money("1", .usd),
            exact: Money("0.999999999999999995", .usd), amount: Money("1", .usd))
        let fee = try InvoiceLine(
            kind: .recurringFee, id: "fee", period: february, description: "fee", quantity: 1, unitPrice: nil,
            fees: .zero(.usd), exact: Money("20", .usd), amount: Money("20", .usd))
        let zone = try #require(TimeZoneRules(identifier: "Asia/Shanghai"))
        let invoice = try Invoice(
            account: Identifier("acme"), issuingEntity: Identifier("cn"), period: january, timeZone: zone,
            lines: [usage, fee])
        return try #require(
            try invoice?.paid(by: [Invoice.CreditUse(grant: Identifier("welcome"), amount: Money("0.5", .usd))]).issued(
                Invoice.Issued(
                    number: "CN-000002", issue: 2, finalizedAt: Bills.instant("2026-02-01T00:00:01.000002Z"))))
    }

    @Test func roundTrip() throws {
        let invoice = try invoice()
        let text = invoice.document
        let read = try Invoice(document: text)
        #expect(read == invoice)
        #expect(read.document == text)
        #expect(invoice.due.decimalText == "20.5")
        let draft = try #require(
            try Invoice(
                account: invoice.account, issuingEntity: invoice.issuingEntity, period: invoice.period,
                timeZone: invoice.timeZone, lines: invoice.lines))
        #expect(try Invoice(document: draft.document) == draft)
    }

    @Test func itsText() throws {
        #expect(
            try invoice().document == """
                {"document":"taximeter-invoice/1","kind":"invoice","number":"CN-000002","issue":2,\
                "finalized_at":"2026-02-01T00:00:01.000002Z","account":"acme","issuing_entity":"cn",\
                "period":{"start":"2026-01-01T00:00:00Z","end":"2026-02-01T00:00:00Z"},"time_zone":"Asia/Shanghai",\
                "currency":"USD","lines":[{"kind":"usage","id":"a/b","period":{"start":"2026-01-01T00:00:00Z",\
                "end":"2026-02-01T00:00:00Z"},"adjusts":"INV-000001","usage":{"segment_start":"2026-01-01T00:00:00Z",\
                "plan":"pro \\"1\\"","price_book":"list","model":"e\u{301}","version_from":"2026-01-01T00:00:00Z",\
                "channel":"api","service_tier":"batch","band":"long","schedule":"night","token_class":"cache_write_1h",\
                "tier":{"table":1,"step":2},"allowance":"free\\u2028"},"description":"tokens","quantity":-5,\
                "unit_price":"0.000000000000000001","fees":"1","exact":"0.999999999999999995","amount":"1"},\
                {"kind":"recurring_fee","id":"fee","period":{"start":"2026-02-01T00:00:00Z",\
                "end":"2026-03-01T00:00:00Z"},"description":"fee","quantity":1,"exact":"20","amount":"20"}],\
                "total":"21","credits":[{"grant":"welcome","amount":"0.5"}],"due":"20.5"}
                """)
    }

    /// A document that contradicts itself is refused.
    @Test(arguments: [
        ("\"total\":\"21\"", "\"total\":\"22\""), ("\"due\":\"20.5\"", "\"due\":\"21\""),
        ("\"amount\":\"20\"", "\"amount\":\"20.01\""), ("taximeter-invoice/1", "taximeter-invoice/2"),
        ("\"quantity\":-5", "\"quantity\":\"many\""), ("Asia/Shanghai", "CST"), ("\"USD\"", "\"XXX\""),
        ("\"end\":\"2026-03-01T00:00:00Z\"", "\"end\":\"2026-02-01T00:00:00Z\""), ("\"lines\"", "\"line\""),
    ])
    func refuses(_ old: String, _ new: String) throws {
        let text = try invoice().document.replacing(old, with: new)
        #expect(throws: FileErrors.self) { try Invoice(document: text) }
    }

    private static let hasValidator =
        (try? CommandLineTool.run(script: "python3 -c 'import jsonschema, yaml'").exitCode) == 0

    @Test(.enabled(if: hasValidator, "the Python packages jsonschema and PyYAML are not there"))
    func schema() throws {
        let folder = Fixtures.packageRoot.appending(path: "schemas")
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        func validate(_ text: String) throws -> Int32 {
            try Data(text.utf8).write(to: file)
            let script = """
                python3 -c 'import json, jsonschema, sys
                schema, text = (json.load(open(name)) for name in sys.argv[1:])
                jsonschema.Draft202012Validator.check_schema(schema)
                jsonschema.validate(text, schema)' '\(folder.path)/invoice.schema.json' '\(file.path)' 2> /dev/null
                """
            return try CommandLineTool.run(script: script).exitCode
        }
        let text = try invoice().document
        #expect(try validate(text) == 0)
        for (old, new) in [("\"total\"", "\"sum\""), ("\"21\"", "21"), ("\"usage\",\"id\"", "\"use\",\"id\"")] {
            #expect(text.contains(old))
            #expect(try validate(text.replacing(old, with: new)) == 1, "\(old)")
        }
    }
}
