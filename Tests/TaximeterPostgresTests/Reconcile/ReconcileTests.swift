import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// A month that is whole ties out; whatever is planted in it is found, with its size and cause, and nothing else is.
@Suite struct ReconcileTests {
    private static let prices = """
        price_book: list
        currency: USD
        tariffs:
          - model: model-a
            versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_hit: "0.07", cache_miss: "0.27", cache_write: "0.3", cache_write_1h: "0.5", output: "1.1"}}]
          - model: model-b
            versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_hit: "0.14", cache_miss: "0.55", cache_write: "0.6", cache_write_1h: "1", output: "2.19"}}]
        """

    /// Nodes of two models, and some that only wait.
    private static let costs = """
        pools:
          - {name: p, gpu: H800, gpus_per_node: 8, rates: [{from: 2025-01-01T00:00:00Z, per_gpu_hour: "2", currency: USD}]}
        occupancy:
          - {pool: p, from: 2025-03-09T00:00:00Z, until: 2025-03-12T00:00:00Z, nodes: 3}
          - {pool: p, model: model-a, from: 2025-03-10T00:00:00Z, until: 2025-03-11T00:00:00Z, nodes: 1}
        policies:
          - {from: 2025-01-01T00:00:00Z, method: phase_weights, throughput: {cache_miss: "0.4", output: "0.1"}, idle: apart}
        """

    /// Three batches of a producer and ten events of their own, in March 2025: summed, rated and billed.
    private static func month() throws -> TestDatabase {
        let database = try TestDatabase()
        _ = try database.store.load(PriceBook.parse(prices, file: "prices.yaml"))
        _ = try database.store.load(CostFile.parse(costs, file: "costs.yaml"))
        // Only times are left as they were drawn; every account has an invoice of a cent or more.
        var generator = SeededGenerator()
        for batch in try TestProducer().batches(3, events: 10, &generator) {
            let known = batch.with { block in
                for index in block.rows.indices {
                    block.rows[index].account = numericCast(index % 5)
                    block.rows[index].model = numericCast(index % 2)
                    block.rows[index].requests = 1
                    block.rows[index].tokens = TokenCounts(
                        cacheHit: 1_000, cacheMiss: Int64(index + 1) * 1_000, output: 500)
                }
            }
            _ = try database.store.store(known)
        }
        _ = try database.store.record(
            (0..<10).map { number in
                try event(
                    "k-\(number)", account: "account-\(number % 5)", at: "2025-03-1\(number % 5)T1\(number):00:00Z",
                    hit: 1_000, miss: 2_000, output: 500)
            })
        try database.store.run()
        try database.bill("2025-03")
        return database
    }

    private static func findings(_ database: TestDatabase) throws -> [Discrepancy] {
        var found: [Discrepancy] = []
        let result = try database.store.reconcile(#require(BillingMonth("2025-03"))) { found.append($0) }
        #expect(result.differences == found.count)
        return found
    }

    @Test func aWholeMonthTiesOut() throws {
        let database = try Self.month()
        var found: [Discrepancy] = []
        let result = try database.store.reconcile(#require(BillingMonth("2025-03"))) { found.append($0) }
        #expect(found == [])
        #expect(result.usage.map(\.stage) == ["events", "buckets", "charges"])
        #expect(
            Set(result.usage.map { [$0.events, $0.requests, $0.inputTokens, $0.outputTokens] }) == [
                ["40", "40", "225000", "20000"]
            ])
        let periods = try #require(result.periods.first)
        #expect(periods.count == 5)
        #expect(periods.charged == periods.rated && periods.rated == periods.billed && periods.rated != "0")
        let invoices = try #require(result.invoices.first)
        #expect(invoices.count == 5)
        #expect(invoices.lines == invoices.total && invoices.total == invoices.booked && invoices.total != "0")
    }

    /// What is planted, every line that must be told of it as `kind|size|start of the cause`, and the kinds that may be
    /// told besides because they follow from it.
    @Test(arguments: [
        (
            "a missing batch",
            """
            DELETE FROM taximeter.usage_event AS e USING taximeter.ingest_batch AS b
            WHERE e.batch_key = b.batch_key AND b.sequence = 2;
            DELETE FROM taximeter.ingest_batch WHERE sequence = 2
            """,
            ["sequence||a batch has not been delivered yet", "buckets|"]
        ),
        (
            "a doubled event of a batch",
            "INSERT INTO taximeter.usage_event SELECT * FROM taximeter.usage_event WHERE request_id = 'r-9223372036854775809-2-6'",
            [
                "batch|+1 events, +1 requests, +1000 cache-hit tokens, +7000 cache-miss tokens, +500 output tokens|events were stored twice",
                "buckets|-1 events, -1 requests, -1000 cache-hit tokens, -7000 cache-miss tokens, -500 output tokens|events were added",
            ]
        ),
        (
            "a doubled event that has a key",
            "INSERT INTO taximeter.usage_event SELECT * FROM taximeter.usage_event WHERE request_id = 'k-5'",
            ["event keys|+1 events|events of the account", "buckets|-1 events"]
        ),
        (
            "a changed event",
            "UPDATE taximeter.usage_event SET output_tokens = 600 WHERE request_id = 'r-9223372036854775809-2-6'",
            [
                "batch|+100 output tokens|an event of the batch was changed",
                "buckets|-100 output tokens|events or buckets",
            ]
        ),
        (
            "a changed amount of a charge",
            """
            UPDATE taximeter.charge SET net_amount = net_amount + 0.5, output_amount = output_amount + 0.5
            WHERE ctid = (SELECT min(ctid) FROM taximeter.charge)
            """,
            [
                "rated|+0.5 in charges|a charge or a rated line",
                "margin hour|-0.5 net_amount, -0.5 output_amount|a charge, or an hour's margin",
                "margin day|-0.5 net_amount, -0.5 output_amount|a charge, or an account's margin",
            ]
        ),
        (
            "changed tokens of a charge",
            """
            UPDATE taximeter.charge SET output_tokens = output_tokens + 3
            WHERE ctid = (SELECT min(ctid) FROM taximeter.charge)
            """,
            [
                "charges|+3 output tokens|buckets or charges", "margin hour|-3 output_tokens|",
                "margin day|-3 output_tokens|",
            ]
        ),
        (
            "a changed margin of an hour",
            "UPDATE taximeter.margin_hour SET list_amount = list_amount + 0.25 WHERE hour = '2025-03-10T10:00:00Z'",
            ["margin hour|+0.25 list_amount|a charge, or an hour's margin"]
        ),
        (
            "a margin of an account's day that was deleted",
            "DELETE FROM taximeter.margin_account_day WHERE day = '2025-03-10' AND account_key = 1",
            ["margin day|-", "margin month|", "margin cost|-"]
        ),
        (
            "a changed margin of an account's month",
            "UPDATE taximeter.margin_account_month SET net_amount = net_amount + 2 WHERE account_key = 1",
            ["margin month|+2 net_amount|a day's margin", "account month|-"]
        ),
        (
            "a changed month of an account",
            "UPDATE taximeter.account_month SET net_amount = net_amount + 2 WHERE account_key = 1",
            ["account month|+2 net_amount|a month's margin"]
        ),
        (
            "a changed cost of nodes",
            "UPDATE taximeter.gpu_cost_hourly SET cost = cost + 3 WHERE hour = '2025-03-10T10:00:00Z' AND model = ''",
            ["margin cost|-3 cost|the cost of nodes"]
        ),
        (
            "a margin's cost that was moved from idle to headroom",
            """
            UPDATE taximeter.margin_hour SET idle_cost = 0, headroom_cost = idle_cost
            WHERE ctid = (SELECT min(ctid) FROM taximeter.margin_hour WHERE idle_cost > 0)
            """,
            ["margin cost|"]
        ),
        (
            "a day whose margins wait",
            "INSERT INTO taximeter.margin_dirty (day, marker) VALUES ('2025-03-10', pg_current_xact_id())",
            ["margins||charges, costs or policies"]
        ),
        (
            "a changed line of rated usage",
            """
            UPDATE taximeter.usage_line SET net_amount = net_amount + 0.25
            WHERE ctid = (SELECT min(ctid) FROM taximeter.usage_line)
            """,
            ["rated|+0.25 in rated lines|a charge or a rated line", "usage|-0.25|a line of the invoice"]
        ),
        (
            "a changed total of an invoice",
            "UPDATE taximeter.invoice SET total = total + 1 WHERE number = 'INV-000001'",
            [
                "document|", "total|+1|the invoice's total", "invoice|-1 total, -1 credits|the ledger's transfers",
                "month|-1|",
            ]
        ),
        (
            "a changed transfer",
            "UPDATE taximeter.ledger_transfer SET amount = amount + 2 WHERE transfer_id = 'INV-000001/revenue'",
            ["invoice|+2 total|the ledger's transfers", "balance|"]
        ),
        (
            "a stale hour",
            "INSERT INTO taximeter.dirty_hour (hour, mark_id) VALUES ('2025-03-10T10:00:00Z', 99)",
            ["roll-up||usage came in"]
        ),
        (
            "a stale hour of another month",
            "INSERT INTO taximeter.dirty_hour (hour, mark_id) VALUES ('2025-04-10T10:00:00Z', 99)",
            []
        ),
    ])
    func finds(_ name: String, _ damage: String, _ expected: [String]) throws {
        let database = try Self.month()
        try database.psql("SET session_replication_role = replica; \(damage)")
        let found = try Self.findings(database)
        let lines = found.map { "\($0.finding.kind)|\($0.size)|\($0.cause)" }
        for line in expected { #expect(lines.contains { $0.hasPrefix(line) }, "\(name): \(line): \(found)") }
        for line in lines {
            #expect(expected.contains { line.hasPrefix($0.prefix { $0 != "|" } + "|") }, "\(name): \(line)")
        }
    }

    /// What came in after the month was billed waits: to be summed, then to be billed; never silently left out.
    @Test func lateUsageIsTold() throws {
        let database = try Self.month()
        _ = try database.store.record([event("late", output: 1_000)])
        #expect(try Self.findings(database).map(\.finding.kind) == ["roll-up"])
        try database.store.run()
        let found = try Self.findings(database)
        #expect(found.map(\.finding.kind) == ["unbilled"])
        #expect(found.first?.size == "-0.0011")
        try database.bill("2025-03")
        #expect(try Self.findings(database) == [])
    }
}
