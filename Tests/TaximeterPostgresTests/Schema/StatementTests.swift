import Foundation
@testable import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

@Suite struct StatementTests {
    /// Every statement of the store, by the name of its type, with parameters of the right types.
    static func all() throws -> [(name: String, sql: SQL)] {
        let hour = try instant("2025-03-10T10:00:00Z")
        let prices = PriceSnapshot(generation: 0, books: [], defaultBookKey: nil)
        let span = HourSpan(start: hour, count: 1)
        let periods = [AccountPeriod(accountKey: 1, start: hour, end: hour)]
        let event = try KeyedEvent(
            event: event("1"), accountKey: 1, modelKey: 1, channelKey: 1, serviceTierKey: 1)
        let pool = StoredPool(
            key: 1, pool: GPUPool(name: try Identifier("h800"), gpu: "H800", gpusPerNode: 8, rates: []))
        let batch = EventBatch(producer: ProducerID(high: 0, low: 0), sequence: 1, block: EventBlock())
        let header = try PriceBook.Header(name: Identifier("list"), currency: .usd, ratingInstant: .completedAt)
        let uses = [
            AllowanceRow(accountKey: 1, periodStart: hour, allowance: try Identifier("free"), tokens: 1)
        ]
        let tables = [
            NameTable(table: "account", nameColumn: "external_id"), NameTable(table: "model"),
            NameTable(table: "channel"), NameTable(table: "service_tier"),
        ]
        let selection = try usageSelection(hour)
        let figures = "expected: [{figure: gpu_hours, value: 1}]"
        let figure = try #require(ExpectedFigures.parse(figures, file: "figures").figures.first)
        let invoices = try InvoiceStatements.all(periods)
        return try creditStatements(hour, periods) + [
            ("ReadChecksums", ReadChecksums(texts: []).sql),
            ("ReadExists", ReadExists(table: "t").sql), ("ReadExists", ReadExists(extensionName: "e").sql),
            ("ReadMigrations", ReadMigrations().sql), ("ReadScripts", ReadScripts().sql),
            ("ReadServerSettings", ReadServerSettings().sql),
            ("ReadKnownEvents", ReadKnownEvents([event]).sql),
            ("ReadMatchingDigests", ReadMatchingDigests(payloads: [], digests: []).sql),
            ("RequireEventKeys", RequireEventKeys.sql()), ("MarkHours", MarkHours.sql([event], [0])),
            ("ReadDroppedKeys", ReadDroppedKeys().sql), ("OwnLogRecord", OwnLogRecord.sql()),
            (
                "InsertBatch",
                InsertBatch(
                    batch, hash: ContentHash(), totals: BatchTotals(batch.block, without: [:]), quarantined: 0,
                    hours: [hour]
                ).sql
            ),
            ("ReadBatchHash", ReadBatchHash(batch).sql), ("InsertQuarantined", InsertQuarantined.sql([], batchKey: 1)),
            ("ReadOriginals", ReadOriginals([]).sql), ("InsertReversals", InsertReversals([]).sql),
            ("ReadCompletions", ReadCompletions([]).sql), ("ReadFindings", ReadFindings.ofEvents.sql),
            ("ReadEventTotals", ReadEventTotals().sql), ("ReadFindings", ReadFindings.ofCharges.sql),
            ("ReadStageUsage", ReadStageUsage(span: hour..<hour).sql),
            ("ReadFigure", ReadFigure(figure: figure, span: hour..<hour).sql),
            ("ReadMeteredTokens", ReadMeteredTokens(span: hour..<hour).sql),
            ("ReadPoolHours", ReadPoolHours(span: hour..<hour).sql),
            ("ReadWaitingHours", ReadWaitingHours(span: hour..<hour).sql),
            ("ReadWaitingMargins", ReadWaitingMargins(span: hour..<hour).sql),
            ("ReadFindings", ReadFindings.ofMargins.sql),
            ("ReadPeriodTotals", ReadPeriodTotals(month: "2026-01-01", next: "2026-02-01").sql),
            ("ReadInvoicedTotals", ReadInvoicedTotals(month: "2026-01-01", next: "2026-02-01").sql),
            ("ReadOpenPeriods", ReadOpenPeriods(month: "2026-01-01", next: "2026-02-01").sql),
            ("CountStalePeriods", CountStalePeriods().sql),
            ("TakeStalePeriods", TakeStalePeriods(limit: 1, waits: true).sql),
            ("TakeStalePeriods", TakeStalePeriods(limit: 1, after: periods[0], waits: false).sql),
            ("ReadBuckets", ReadBuckets([1], BillingPeriod(containing: hour)).sql),
            ("ReadCharges", ReadCharges(periods).sql),
            ("RemoveCharges", RemoveCharges.sql([])),
            ("SettlePeriods", SettlePeriods.sql([PeriodTotals(period: periods[0])])),
            ("ReadDirtyHours", ReadDirtyHours().sql), ("EnsureBucketPartitions", EnsureBucketPartitions.sql([0])),
            ("ReadRolledHours", ReadRolledHours(before: 1).sql), ("ReadRolledHours", ReadRolledHours(in: span).sql),
            ("RemoveBuckets", RemoveBuckets.sql(span)),
            ("RemoveBuckets", RemoveBuckets.sql(span, of: [TakeDirtyHours.Row(accountKey: 1, hour: hour)])),
            ("TakeDirtyHours", TakeDirtyHours(span: span).sql), ("ReadOwnCuts", ReadOwnCuts(span: span).sql),
            (
                "SumBucketsOfOwnPeriods",
                SumBucketsOfOwnPeriods(span: span, cuts: [hour], prices: prices, hasOwnCuts: true, isFirst: false).sql
            ),
            ("ReadUnpricedCounts", ReadUnpricedCounts(periods: periods).sql),
            ("ReadUsageLines", ReadUsageLines(periods).sql), ("RemoveUsageLines", RemoveUsageLines.sql(periods)),
            ("SumEvents", SumEvents.sql(span, cuts: [hour], sizes: prices, only: [hour])),
            ("ReadUsage", ReadUsage(selection).sql),
            ("ReadLostHours", ReadLostHours([hour], dirty: [hour], by: .startedAt).sql),
            ("ReadSimulationState", ReadSimulationState(span).sql),
            ("SumBuckets", SumBuckets.sql(span, cuts: [hour], sizes: prices, hasOwnCuts: false, isFirst: true)),
            ("SumBuckets", SumBuckets.sql(span, cuts: [hour], sizes: prices, hasOwnCuts: true, isFirst: false)),
            ("RememberHour", RememberHour.sql(hour, prices.cuts(ofHour: hour), prices)),
            ("ReadPriceState", ReadPriceState(lock: nil).sql),
            ("ReadPriceState", ReadPriceState(lock: .forShare).sql),
            ("ReadPriceState", ReadPriceState(lock: .forUpdate).sql),
            ("InsertPriceBook", InsertPriceBook(header: header).sql), ("MarkPeriods", MarkPeriods.sql(from: hour)),
            ("CountBilledPeriods", CountBilledPeriods(from: hour).sql),
            ("ReadPriceBooks", ReadPriceBooks().sql), ("ReadTariffVersions", ReadTariffVersions().sql),
            ("ReadModelAliases", ReadModelAliases().sql),
            ("ReplaceUnusedVersion", ReplaceUnusedVersion(key: 1, definition: "{}", unusedFrom: hour).sql),
            ("ReadAllowanceUse", ReadAllowanceUse(accountKeys: [1]).sql),
            ("RemoveAllowanceUse", RemoveAllowanceUse.sql(uses)), ("InsertAllowanceUse", InsertAllowanceUse.sql(uses)),
            ("MarkLaterPeriods", MarkLaterPeriods.sql(uses)), ("ReadUnpricedEvents", ReadUnpricedEvents().sql),
            ("ReadPools", ReadPools().sql), ("ReadRates", ReadRates().sql),
            ("InsertPool", InsertPool(pool: pool.pool).sql), ("ReadOccupancy", ReadOccupancy(pool: pool).sql),
            ("MarkMarginDays", MarkMarginDays.sql([hour])), ("MarkMarginDays", MarkMarginDays.sql(from: hour)),
            ("InsertRate", InsertRate.sql(GPURate(from: hour, until: nil, perGPUHour: .zero(.usd)), ofPool: 1)),
            ("RemoveOccupancy", RemoveOccupancy.sql([], ofPool: 1)),
            ("InsertOccupancy", InsertOccupancy.sql([], ofPool: 1)), ("ReadPoolCosts", ReadPoolCosts(key: 1).sql),
            ("RemovePoolCosts", RemovePoolCosts.sql([], ofPool: 1)),
            ("ReadDirtyMargins", ReadDirtyMargins(grain: .day).sql),
            ("ReadDirtyMargins", ReadDirtyMargins(grain: .month).sql),
            ("ReadChargedAccounts", ReadChargedAccounts(range: hour..<hour).sql),
            ("ReadChargesByTime", ReadChargesByTime(range: hour..<hour).sql),
            ("ReadCostLines", ReadCostLines(range: hour..<hour).sql),
            ("ReadHourlyDemand", ReadHourlyDemand(range: hour..<hour).sql),
            ("ReadTokensByHour", ReadTokensByHour(range: hour..<hour).sql),
            ("CountMeteredAccounts", CountMeteredAccounts(range: hour..<hour).sql),
            ("InsertCostModels", InsertCostModels.sql(hour..<hour)),
            ("KeepMarginMonth", KeepMarginMonth.sql(.take, hour, month: hour)),
            ("KeepMarginMonth", KeepMarginMonth.sql(.add, hour, month: hour)),
            ("ReadPolicies", ReadPolicies(name: AllocationPolicy.standardName).sql),
            ("InsertPolicy", InsertPolicy.sql(.standard)), ("ReadPolicyNames", ReadPolicyNames().sql),
            ("ReadFields", ReadFields(query: ReportQueries(from: hour, until: hour, zone: "UTC").accountsOfDays).sql),
            ("ReadFXRates", ReadFXRates(day: CivilDate(daysSinceEpoch: 0)).sql),
            ("InsertFXRates", InsertFXRates.sql([])),
            ("InsertToken", InsertToken.sql(try apiToken(hour), hash: [])), ("ReadTokens", ReadTokens().sql),
            ("ReadTokenHashes", ReadTokenHashes().sql), ("RevokeToken", RevokeToken(id: "", now: hour).sql),
            ("ReadMarginDays", ReadMarginDays(from: hour, until: hour).sql),
            (
                "ReadConvertedMargins",
                ReadConvertedMargins(
                    from: hour, until: hour, group: MarginGrouping.day.expression, currency: .usd
                ).sql
            ),
            (
                "ReadUsageStatement",
                ReadUsageStatement(
                    account: try Identifier("a"), from: CivilDate(daysSinceEpoch: 0),
                    until: CivilDate(daysSinceEpoch: 1)
                ).sql
            ),
            ("ReadDocuments", ReadDocuments(account: nil, month: nil, drafts: true).sql),
            (
                "ReadDocuments",
                ReadDocuments(account: try Identifier("a"), month: BillingMonth("2026-01"), drafts: false).sql
            ),
            ("ReadWaterfall", ReadWaterfall(from: hour, until: hour).sql),
            ("ReadWaterfall", ReadWaterfall(month: hour).sql),
            ("ReadBuckets", ReadBuckets(from: hour, until: hour).sql), ("ReadNamedCharges", ReadNamedCharges().sql),
        ]
            + invoices + (try planStatements(hour, periods))
            + tables.flatMap {
                [
                    ("ReadKeys", ReadKeys(table: $0, names: []).sql), ("ReadKeys", ReadKeys(table: $0, keys: []).sql),
                    ("ReadKeys", ReadKeys(allOf: $0).sql),
                ]
            }
            + MarginGrouping.allCases.map { ("ReadMargins", ReadMargins(from: hour, until: hour, by: $0).sql) }
    }

    private static func creditStatements(
        _ hour: Instant, _ periods: [AccountPeriod]
    ) throws -> [(name: String, sql: SQL)] {
        let (acme, dollar) = try (Identifier("acme"), Money("1", .usd))
        let grant = try CreditGrant(
            account: acme, id: acme, kind: .granted, amount: dollar,
            effective: #require(EffectivePeriod(from: hour)))
        let limit = try SpendLimit(account: acme, name: acme, amount: dollar)
        let transfer = try #require(
            try LedgerTransfer(
                id: "t", kind: .grant, debit: .promotions, credit: .credits, amount: dollar, occurredAt: hour,
                grant: acme))
        let transfers = [(accountKey: Int64(1), transfer: transfer)]
        let keys = [GrantKey(accountKey: 1, grant: acme)]
        return [
            ("InsertTransfers", InsertTransfers.sql(transfers)),
            ("KeepGrantBalances", KeepGrantBalances.sql(transfers)),
            ("KeepLedgerBalances", KeepLedgerBalances.sql(transfers)), ("LockCredits", LockCredits.sql(1)),
            ("ReadAccountKey", ReadAccountKey(account: acme).sql), ("InsertGrant", InsertGrant.sql(grant, 1)),
            ("InsertGrantBalance", InsertGrantBalance.sql(grant, 1)),
            ("EnsureCreditAccount", EnsureCreditAccount(accountKey: 1, currency: .usd).sql),
            ("ReadTransferAmount", ReadTransferAmount(accountKey: 1, id: "t").sql),
            ("ReadGrants", ReadGrants(accountKey: 1, id: acme).sql), ("ReadGrants", ReadGrants(openOf: [1]).sql),
            ("LockGrants", LockGrants.sql([1])), ("ReadSharedUsage", ReadSharedUsage(periods).sql),
            ("ReadDueTimes", ReadDueTimes(due: hour, after: 0, accounts: 1).sql),
            ("LockDueGrants", LockDueGrants(due: hour, limit: 1).sql),
            ("ReadDueGrants", ReadDueGrants(keys, due: hour).sql),
            ("ReadBalances", ReadBalances(of: [acme], at: nil).sql),
            ("ReadBalances", ReadBalances(of: acme, at: nil).sql),
            ("ReadBalances", ReadBalances(changing: 1, at: nil).sql), ("KeepBalances", KeepBalances.sql([1])),
            ("KeepBalances", KeepBalances.sql(subscribersOf: acme)),
            ("ReadDueBalances", ReadDueBalances().sql),
            ("ReadUntoldBalances", ReadUntoldBalances(after: 0, limit: 1).sql),
            ("Reserve", Reserve(account: acme, id: acme, amount: dollar, microseconds: 1, instant: nil).sql),
            ("Settle", Settle(account: acme, id: acme, actual: dollar).sql),
            ("Release", Release(account: acme, id: acme).sql),
            ("RemoveOldReservations", RemoveOldReservations(now: hour).sql),
            ("ReadSpendLimits", ReadSpendLimits(accountKey: 1).sql),
            ("StoreSpendLimit", StoreSpendLimit.sql(limit, 1)), ("RemoveSpendLimit", RemoveSpendLimit.sql(acme, 1)),
            ("RemoveSpendLimit", RemoveSpendLimit.alerts(acme, 1)),
            ("TakePeriods", TakePeriods(untold: 1).sql), ("TakePeriods", TakePeriods(running: hour, of: 1).sql),
            ("SettleTold", SettleTold.sql(periods)),
            ("Tell", Tell.sql(periods: periods, accountKeys: [1], at: hour)), ("ReadOutbox", ReadOutbox(limit: 1).sql),
            ("ReadFindings", ReadFindings.ofCredits.sql),
        ]
    }

    private static func planStatements(
        _ hour: Instant, _ periods: [AccountPeriod]
    ) throws -> [(name: String, sql: SQL)] {
        let plan = try Identifier("pro")
        let agreement = Agreement(account: plan, timeZone: .utc, issuingEntity: plan, subscriptions: [])
        let version = Plan.StoredVersion(from: hour, definition: "{}")
        return [
            ("ReadPlanVersions", ReadPlanVersions().sql), ("ReadSubscribers", ReadSubscribers(plan: plan).sql),
            ("StorePlanVersions", StorePlanVersions.sql(plan, .usd, [version])),
            ("ReadBilledPeriod", ReadBilledPeriod(plan: plan, ranges: [hour..<hour]).sql),
            ("ReadAgreements", ReadAgreements(accountKeys: [1]).sql),
            ("ReadAgreements", ReadAgreements(accountKeys: nil).sql),
            ("UpdateAccounts", UpdateAccounts.sql([(1, agreement)])),
            ("InsertSubscriptions", InsertSubscriptions.sql([(1, agreement)])),
            ("MarkRecutHours", MarkRecutHours.sql([(hour, 1)])), ("ReadTimeZones", ReadTimeZones().sql),
            ("ReadTakenPrefixes", ReadTakenPrefixes(of: [try Identifier("a")]).sql),
            ("ReadPeriods", ReadPeriods(accountKeys: [1]).sql), ("RemovePeriods", RemovePeriods.sql(periods)),
            ("AddPeriods", AddPeriods.sql(periods)),
            ("ReadPeriodsBilledAhead", ReadPeriodsBilledAhead(accountKeys: [1]).sql),
            ("StalePeriods", StalePeriods.sql(periods)), ("OpenPeriods", OpenPeriods(periods, stale: true).sql),
            ("ReadRatedPeriods", ReadRatedPeriods(account: plan).sql),
        ]
    }

    /// Usage from events and from buckets, by both instants.
    private static func usageSelection(_ hour: Instant) throws -> UsageSelection {
        let sources = RatingInstant.allCases.map { ratingInstant in
            UsageSelection.Source(
                prices: PriceSnapshot(generation: 0, books: [], defaultBookKey: nil, ratingInstant: ratingInstant),
                hoursFromEvents: [hour])
        }
        return UsageSelection(span: HourSpan(start: hour, count: 1), sources: sources, hasPendingWork: false)
    }

    private static func apiToken(_ now: Instant) throws -> APIToken {
        APIToken(id: "", name: try Identifier("t"), scopes: [.quote], account: nil, createdAt: now, expiresAt: nil)
    }

    /// The server accepts each against the migrated schema, with the types that are bound.
    @Test func theServerPreparesEachOne() throws {
        let connection = try Connection.open(TestDatabase().options)
        for (name, sql) in try Self.all() {
            let types = sql.pieces.compactMap { piece in
                switch piece {
                case .text: nil as UInt32?
                case .parameter(_, let typeOID), .null(let typeOID): typeOID
                }
            }
            do {
                let typeNames = try connection.query(ReadTypeNames(oids: types.map(Int64.init)))
                let list = typeNames.isEmpty ? "" : "(\(typeNames.joined(separator: ", ")))"
                try connection.runScript("PREPARE statement \(list) AS \(sql.text); DEALLOCATE statement")
            } catch {
                Issue.record("\(name): \(String(reflecting: error))")
            }
        }
    }

    /// The list above is the whole of it: no source declares a statement that is not in it.
    @Test func theListIsComplete() throws {
        let listed = Set(try Self.all().map(\.name))
        let sources = Fixtures.packageRoot.appending(path: "Sources/TaximeterPostgres")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var declared: Set<String> = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /(?:struct (\w+): Statement \{|enum (\w+) \{\s+static func sql)/) {
                if let name = match.1 ?? match.2 { declared.insert(String(name)) }
            }
        }
        #expect(declared.count > 20)
        #expect(declared == listed)
    }
}

private struct ReadTypeNames: Statement {
    let oids: [Int64]

    var sql: SQL {
        """
        SELECT format_type(t.oid::oid, NULL) FROM unnest(\(oids)) WITH ORDINALITY AS t (oid, position)
        ORDER BY t.position
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}
