import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// The published day, billed, and held against what is published of it, engines that counted it and its supplier's bill.
@Suite struct PublishedDayReconcileTests {
    private static let month = Result {
        let database = try PublishedDay.database()
        try database.bill("2025-02")
        return database
    }

    private static func usage() throws -> [(at: Instant, model: Identifier, tokens: TokenCounts)] {
        try PublishedDay.events().map { ($0.completedAt, $0.model, $0.tokens) }
    }

    private static func engines() throws -> SyntheticEngines {
        var generator = SeededGenerator(seed: 1)
        return try SyntheticEngines(
            usage(), over: instant("2025-02-27T04:00:00Z")..<instant("2025-02-28T04:00:00Z"), &generator)
    }

    private static func found(_ inputs: ReconcileInputs) throws -> (Reconciliation, [Discrepancy]) {
        var found: [Discrepancy] = []
        let result = try month.get().store.reconcile(#require(BillingMonth("2025-02")), against: inputs) {
            found.append($0)
        }
        return (result, found)
    }

    private static func published() throws -> [ExpectedFigure] {
        let file = PublishedDay.folder.appending(path: "expected.yaml")
        return try ExpectedFigures.parse(String(contentsOf: file, encoding: .utf8), file: "expected.yaml").figures
    }

    private static let bill = "invoice,month,pool,gpu_hours,amount,currency\n4711,2025-02,h800,43536,87072,USD\n"

    /// Every figure to the last unit, the counters by model and hour, and the bill.
    @Test func tiesOut() throws {
        let (result, found) = try Self.found(
            ReconcileInputs(
                expected: Self.published(), counters: Self.engines().counters(),
                bills: [SupplierBill.parse(Self.bill, file: "bill.csv")]))
        #expect(found == [])
        #expect(result.differences == 0)
        #expect(result.invoices.map(\.total) == ["158666.19"] && result.invoices.map(\.booked) == ["158666.19"])
        let engines = try #require(result.engines)
        #expect(engines.covered.description == "2025-02-27T04:00:00Z..<2025-02-28T04:00:00Z")
        for (counter, sum) in [
            (EngineCounter.prompt, 608_000_000_000), (.cached, 342_000_000_000), (.generated, 168_000_000_000),
        ] as [(EngineCounter, Int128)] {
            let totals = engines.totals.filter { $0.counter == counter }
            #expect(totals.count == 2)
            #expect(totals.reduce(0) { $0 + $1.metered } == sum)
            #expect(
                totals.reduce(0) { $0 + $1.engine.least } == sum
                    && totals.allSatisfy { $0.engine.least == $0.engine.most })
        }
    }

    /// The same from scrapes, one an hour and engine.
    @Test func tiesOutFromScrapes() throws {
        var counters = EngineCounters()
        for (file, text) in try Self.engines().scrapes { try counters.add(text, file: file, name: ScrapeName(file)) }
        #expect(try Self.found(ReconcileInputs(counters: counters)).1 == [])
    }

    /// An engine whose model has another name, one hour that is off by a token, and a tolerance that lets it pass.
    @Test func tellsWhatDiffers() throws {
        var engines = try Self.engines()
        for place in 5..<engines.engines[0].samples.count { engines.engines[0].samples[place].values[2] += 1 }
        var (_, found) = try Self.found(ReconcileInputs(counters: engines.counters()))
        #expect(
            found.map { $0.finding.subject } == [
                "generated tokens of deepseek-chat 2025-02-27T08:00:00Z to 2025-02-27T09:00:00Z"
            ])
        #expect(found.first?.size == "-1 tokens" && found.first?.cause.hasPrefix("requests that were counted") == true)
        let lenient = try EngineMapping.parse("tolerance: 0.001%", file: "m")
        #expect(try Self.found(ReconcileInputs(counters: engines.counters(lenient))).1 == [])
        let renamed = try EngineMapping.parse("models: {deepseek-chat: deepseek-chatt}", file: "m")
        (_, found) = try Self.found(ReconcileInputs(counters: engines.counters(renamed)))
        #expect(found.count == 6)
        #expect(found.filter { $0.cause.hasSuffix("(did you mean \"deepseek-chat\"?)") }.count == 3)
        #expect(found.filter { $0.cause.hasPrefix("no engine has counters of this model") }.count == 3)
    }

    /// An hour that is missing in all of them is told, and explains what cannot be compared; another month is refused.
    @Test func tellsWhatIsMissing() throws {
        var engines = try Self.engines()
        for place in engines.engines.indices { engines.engines[place].samples.remove(at: 7) }
        let (result, found) = try Self.found(ReconcileInputs(counters: engines.counters()))
        #expect(result.differences == 0)
        #expect(found.count == 4 && found.allSatisfy { $0.isNote && $0.finding.kind == "missing scrapes" })
        let counters = try engines.counters()
        #expect {
            _ = try Self.month.get().store.reconcile(
                #require(BillingMonth("2025-03")), against: ReconcileInputs(counters: counters)
            ) { _ in }
        } throws: { ($0 as? StoreError)?.code == .range }
    }

    @Test(arguments: [
        ("h800,,43536,87072,USD,", []),
        (",H800,43536,87072,USD,", []),
        (",,43536,,,", []),
        ("h800,,43600,87200,USD,0.2%", []),
        ("h800,,43600,87072,USD,", ["billed GPU-hours|-64|nodes or hours that the cost files"]),
        ("h800,,43500,87072,USD,", ["billed GPU-hours|+36|nodes that the supplier did not bill"]),
        ("h800,,43536,91425.60,USD,", ["billed cost|-4353.6|the hours tie: another rate"]),
        ("h800,,43536,87072,EUR,", ["billed cost|-87072|the cost files have nothing"]),
        (
            "h100,,1,,,",
            ["billed GPU-hours|-1|the cost files have nothing", "pool without a bill||its bill was not given"]
        ),
    ])
    func aBill(_ line: String, _ expected: [String]) throws {
        let text = "invoice,month,pool,gpu,gpu_hours,amount,currency,tolerance\n4711,2025-02,\(line)\n"
        let bill = try SupplierBill.parse(text, file: "bill.csv")
        let lines = try Self.found(ReconcileInputs(bills: [bill])).1.map { "\($0.finding.kind)|\($0.size)|\($0.cause)" }
        #expect(lines.count == expected.count, "\(lines)")
        for (line, start) in zip(lines, expected) { #expect(line.hasPrefix(start)) }
    }

    /// A FOCUS file of the day's nodes, an hour a row: its GPU-hours and its cost are those of the pool.
    @Test func aFOCUSBill() throws {
        var text =
            "ChargeCategory,ResourceId,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,EffectiveCost,BillingCurrency\n"
        var hours: [Int] = []
        for (hour, nodes) in [("04", 278), ("05", 278)] {
            for node in 0..<nodes {
                text +=
                    "Usage,n\(node),2025-02-27T\(hour):00:00Z,2025-02-27T\(hour):30:00Z,0.5,Hours,8,USD\n"
            }
            hours.append(nodes)
        }
        text += "Tax,,2025-02-01T00:00:00Z,2025-03-01T00:00:00Z,1,Hours,100,USD\n"
        let columns = CostImport(constants: ["pool": "h800", "gpus_per_node": "8"])
        let bill = try SupplierBill.focus(text, file: "focus.csv", columns)
        #expect(bill.lines.count == 1)
        let found = try Self.found(ReconcileInputs(bills: [bill])).1
        // 556 half hours of 8 GPUs at 8 dollars, of 43,536 GPU-hours and 87,072 dollars.
        #expect(found.map(\.size) == ["+41312", "+82624"], "\(hours)")
    }

    @Test func anotherMonthsBillIsRefused() throws {
        let bill = try SupplierBill.parse(Self.bill.replacing("2025-02", with: "2025-01"), file: "bill.csv")
        #expect { _ = try Self.found(ReconcileInputs(bills: [bill])) } throws: { "\($0)".contains("4711") }
    }
}
