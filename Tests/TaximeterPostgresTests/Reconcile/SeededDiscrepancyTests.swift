import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Random months with discrepancies planted at random: each is found, with its size, and nothing else is.
@Suite struct SeededDiscrepancyTests {
    static let prices = """
        price_book: list
        currency: USD
        tariffs:
          - model: model-a
            versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_hit: "0.07", cache_miss: "0.27", cache_write: "0.3", cache_write_1h: "0.5", output: "1.1"}}]
          - model: model-b
            versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_hit: "0.14", cache_miss: "0.55", cache_write: "0.6", cache_write_1h: "1", output: "2.19"}}]
        """
    static let costs = """
        pools:
          - {name: p, gpu: H800, gpus_per_node: 8, rates: [{from: 2025-01-01T00:00:00Z, per_gpu_hour: "2", currency: USD}]}
        occupancy:
          - {pool: p, from: 2025-03-10T00:00:00Z, until: 2025-03-14T12:00:00Z, nodes: 3}
        """
    static let bill = "month,pool,gpu_hours,amount,currency\n2025-03,p,2592,5184,USD\n"

    enum Planted: CaseIterable { case missingBatch, doubledEvent, changedCharge, counterReset }

    /// A month that is summed, rated and billed, but for the batches that are left out; and what its engines counted.
    struct Month {
        let database: TestDatabase
        var batches: [EventBatch]
        var engines: SyntheticEngines
        /// What must be told, a line each: kind, subject, size.
        var expected: Set<String> = []

        init(without missing: Set<Int64>, _ generator: inout SeededGenerator) throws {
            database = try TestDatabase()
            _ = try database.store.load(PriceBook.parse(prices, file: "prices.yaml"))
            _ = try database.store.load(CostFile.parse(costs, file: "costs.yaml"))
            batches = try TestProducer().batches(4, events: 60, &generator).map { batch in
                // Enough that every account has an invoice, of which the ledger has a transfer.
                batch.with { block in
                    for index in block.rows.indices {
                        block.rows[index].requests = 1
                        block.rows[index].tokens.output += 100_000
                    }
                }
            }
            for batch in batches where !missing.contains(batch.sequence) { _ = try database.store.store(batch) }
            try database.store.run()
            try database.bill("2025-03")
            let usage = batches.flatMap { batch in
                batch.block.rows.map { ($0.completedAt, batch.block.models[Int($0.model)], $0.tokens) }
            }
            engines = try SyntheticEngines(
                usage, over: instant("2025-03-10T00:00:00Z")..<instant("2025-03-14T12:00:00Z"), &generator)
        }

        /// What is told of the month.
        func found() throws -> [String] {
            var found: [String] = []
            let inputs = try ReconcileInputs(
                counters: engines.counters(), bills: [SupplierBill.parse(bill, file: "bill.csv")])
            let result = try database.store.reconcile(#require(BillingMonth("2025-03")), against: inputs) { one in
                found.append("\(one.finding.kind)|\(one.finding.subject)|\(one.size)")
            }
            #expect(result.differences == found.count { !$0.hasPrefix("counter reset") })
            return found.sorted()
        }
    }

    @Test(arguments: 0..<10) func areFoundAndNothingElse(_ round: Int) async throws {
        try await withSeed { generator in
            var generator = SeededGenerator(seed: generator.next() &+ UInt64(round))
            // First nothing, then each alone, then any of them together.
            let all = Planted.allCases
            let planted: Set<Planted> =
                round == 0
                ? [] : round <= all.count ? [all[round - 1]] : Set(all.filter { _ in Bool.random(using: &generator) })
            let missing: Int64? = planted.contains(.missingBatch) ? .random(in: 1...3, using: &generator) : nil
            var month = try Month(without: missing.map { [$0] } ?? [], &generator)
            if !planted.contains(.missingBatch) { #expect(try month.found() == []) }
            if let missing { try month.expectMissing(missing) }
            if planted.contains(.doubledEvent) { try month.doubleAnEvent(not: missing, &generator) }
            if planted.contains(.changedCharge) { try month.changeACharge(&generator) }
            if planted.contains(.counterReset) { try month.resetACounter(missing, &generator) }
            let found = try month.found()
            #expect(found == month.expected.sorted(), "\(planted)")
        }
    }
}

extension SeededDiscrepancyTests.Month {
    private static let places = ["prompt", "cached", "generated"]

    private func name(_ hour: Instant, _ model: String, _ place: Int) -> String {
        let end = hour.advanced(byMicroseconds: Instant.hour) ?? .latest
        return "engine counters|\(Self.places[place]) tokens of \(model) \(hour) to \(end)|"
    }

    /// The producer's gap, and every hour in which engines counted what the batch has.
    mutating func expectMissing(_ sequence: Int64) throws {
        let batch = try #require(batches.first { $0.sequence == sequence })
        let subject = try database.psql("SELECT subject FROM taximeter.event_audit WHERE finding = 'sequence'")
        expected.insert("sequence|\(subject.dropLast())|")
        for (name, tokens) in counted(of: batch) where tokens != 0 { expected.insert("\(name)-\(tokens) tokens") }
    }

    private func counted(of batch: EventBatch) -> [String: Int64] {
        var sums: [String: Int64] = [:]
        for row in batch.block.rows {
            let tokens = row.tokens
            let input = tokens.cacheHit + tokens.cacheMiss + tokens.cacheWrite + tokens.cacheWrite1h
            let hour = row.completedAt.startOfHour
            for (place, count) in [input, tokens.cacheHit, tokens.output].enumerated() {
                sums[name(hour, batch.block.models[Int(row.model)].text, place), default: 0] += count
            }
        }
        return sums
    }

    /// A row of an event twice: its batch has one too many, and its bucket is one short.
    mutating func doubleAnEvent(not missing: Int64?, _ generator: inout SeededGenerator) throws {
        let batch = try #require(batches.filter { $0.sequence != missing }.randomElement(using: &generator))
        let row = try #require(batch.block.rows.randomElement(using: &generator))
        let start = Int(row.requestIDStart)
        let id = String(decoding: batch.block.requestIDs[start..<start + Int(row.requestIDLength)], as: UTF8.self)
        try database.psql(
            "INSERT INTO taximeter.usage_event SELECT * FROM taximeter.usage_event WHERE request_id = '\(id)'")
        let counts =
            ["requests"]
            + ["cache-hit", "cache-miss", "cache-write", "cache-write-1h", "output"].map { "\($0) tokens" }
        let tokens = TokenClass.allCases.map { row.tokens[$0] }
        for (kind, sign) in [("batch", "+"), ("buckets", "-")] {
            let size =
                (["\(sign)1 events"]
                + zip([1] + tokens, counts).filter { $0.0 != 0 }.map { "\(sign)\($0.0) \($0.1)" }).joined(
                    separator: ", ")
            let subject = try database.psql("SELECT subject FROM taximeter.event_audit WHERE finding = '\(kind)'")
            expected.insert("\(kind)|\(subject.dropLast())|\(size)")
        }
    }

    /// An amount of a charge: its period was rated at another, and the margins have another.
    mutating func changeACharge(_ generator: inout SeededGenerator) throws {
        let amount = "0.\(Int.random(in: 1...9, using: &generator))"
        let number = Int.random(in: 0..<50, using: &generator)
        let row = try database.psql(
            """
            WITH chosen AS (
                SELECT c.ctid FROM taximeter.charge AS c ORDER BY c.account_key, c.slot_start, c.model_key, c.channel_key
                OFFSET \(number) LIMIT 1),
            changed AS (
                UPDATE taximeter.charge AS c
                SET net_amount = net_amount + \(amount), output_amount = output_amount + \(amount)
                FROM chosen WHERE c.ctid = chosen.ctid RETURNING c.*)
            SELECT a.external_id, to_char(c.slot_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'), m.name, ch.name
            FROM changed AS c JOIN taximeter.account AS a USING (account_key) JOIN taximeter.model AS m USING (model_key)
            JOIN taximeter.channel AS ch USING (channel_key)
            """
        ).dropLast().split(separator: "|")
        let (account, hour, usage) = (row[0], row[1], "model \(row[2]) channel \(row[3]) USD")
        expected.formUnion([
            "rated|account \(account) period 2025-03-01T00:00:00Z|+\(amount) in charges",
            "margin hour|hour \(hour):00Z \(usage)|-\(amount) net_amount, -\(amount) output_amount",
            "margin day|day \(hour.prefix(10)) account \(account) \(usage)|-\(amount) net_amount, -\(amount) output_amount",
        ])
    }

    /// An engine that is started again within an hour: what it counted in that hour before is lost with its counters.
    mutating func resetACounter(_ missing: Int64?, _ generator: inout SeededGenerator) throws {
        // In an hour in which it generated something.
        let places = engines.engines.indices.flatMap { engine in
            let samples = engines.engines[engine].samples
            return samples.indices.dropFirst().filter { samples[$0].values[2] > samples[$0 - 1].values[2] }
                .map { (engine: engine, place: $0) }
        }
        let (engine, place) = try #require(places.randomElement(using: &generator))
        let (before, after) = (engines.engines[engine].samples[place - 1], engines.engines[engine].samples[place])
        let kept = (0..<3).map { counter in
            let counted = after.values[counter] - before.values[counter]
            return counted == 0 ? 0 : Int64.random(in: 0..<counted, using: &generator)
        }
        for later in place..<engines.engines[engine].samples.count {
            for counter in 0..<3 {
                engines.engines[engine].samples[later].values[counter] += kept[counter] - after.values[counter]
            }
        }
        let one = engines.engines[engine]
        expected.insert("counter reset|\(one.name) \(before.at) to \(after.at)|")
        // A batch that is missing in the same hour makes metered tokens fewer, the reset makes the counted ones so.
        let gone = missing.flatMap { sequence in batches.first { $0.sequence == sequence } }.map(counted) ?? [:]
        for counter in 0..<3 {
            let name = name(before.at, one.model, counter)
            let lost = after.values[counter] - before.values[counter] - kept[counter]
            let missed = gone[name] ?? 0
            if missed != 0 { expected.remove("\(name)-\(missed) tokens") }
            let distance = lost - missed
            if distance != 0 { expected.insert("\(name)\(distance > 0 ? "+" : "")\(distance) tokens") }
        }
    }
}
