@testable import PostgresWire
import Taximeter

@testable import TaximeterPostgres

/// The statements of billing and the ledger, for ``StatementTests``.
enum InvoiceStatements {
    static func all(_ periods: [AccountPeriod]) throws -> [(name: String, sql: SQL)] {
        let (now, entity) = (periods[0].start, try Identifier("default"))
        let period = BillingPeriod(containing: now)
        let key = UsageLine.Key(
            segmentStart: now, plan: nil, priceBook: entity, model: entity, versionFrom: now, channel: entity,
            serviceTier: entity, band: nil, schedule: nil, tokenClass: .output, tier: nil, allowance: nil)
        let line = InvoiceLine(
            kind: .usage, id: "1", period: period, usage: key, description: "", quantity: 1, unitPrice: nil,
            fees: .zero(.usd), exact: .zero(.usd), amount: .zero(.usd))
        let bucket = BucketKey(
            account: entity, slotStart: now, model: entity, channel: entity, serviceTier: entity, inputFloor: 0,
            outputFloor: 0, unratedClasses: 0)
        return [
            ("ReadStatements", ReadStatements(accountKey: 1, line: line, until: "1").sql),
            ("CountBucketEvents", CountBucketEvents(1, period, .startedAt).sql),
            (
                "ReadBucketEvents",
                ReadBucketEvents(bucket, account: 1, model: 1, channel: 1, serviceTier: 1, .completedAt).sql
            ),
            ("ReadUnbilledAccounts", ReadUnbilledAccounts(try month(), only: [1]).sql),
            ("ReadAccountKeys", ReadAccountKeys([entity]).sql),
            ("LockUnbilledPeriods", LockUnbilledPeriods(accountKeys: [1], until: now, writes: true).sql),
            ("LockUnbilledPeriods", LockUnbilledPeriods(accountKeys: [1], until: now, writes: false).sql),
            ("ReadKnownPeriods", ReadKnownPeriods(periods).sql),
            ("ReadDirtyHourStarts", ReadDirtyHourStarts().sql),
            ("EnsureChains", EnsureChains.sql([1])), ("LockChains", LockChains(accountKeys: [1]).sql),
            ("ReadBilledLines", ReadBilledLines(periods).sql),
            ("ReadClosingInvoices", ReadClosingInvoices(periods).sql),
            ("ReadTrailingTotals", ReadTrailingTotals(accountKeys: [1]).sql),
            ("ReadParkedBounds", ReadParkedBounds(accountKeys: [1]).sql),
            ("TakeNumbers", TakeNumbers(entity: entity, count: 1).sql), ("InsertEntity", InsertEntity.sql(entity)),
            ("CountIssues", CountIssues(periods).sql), ("ReadDeferred", ReadDeferred(periods).sql),
            ("InsertInvoices", InsertInvoices.sql([])), ("SettleBilled", SettleBilled.sql(periods)),
            ("ParkPeriods", ParkPeriods.sql([], at: now)), ("UnparkPeriods", UnparkPeriods.sql(periods)),
            ("RemoveDrafts", RemoveDrafts.sql(periods)), ("InsertDrafts", InsertDrafts.sql([], at: now)),
            ("ReadInvoiceAccount", ReadInvoiceAccount(number: "1").sql),
            ("ReadIsVoid", ReadIsVoid(accountKey: 1, number: "1").sql),
            ("LockInvoicedPeriods", LockInvoicedPeriods(accountKey: 1, number: "1").sql),
            ("InsertVoid", InsertVoid.sql(1, number: "1", reason: "r", position: 1, at: now)),
            ("UnsettlePeriods", UnsettlePeriods.sql(1, number: "1", periods)),
            ("ReadInvoiceTransfers", ReadInvoiceTransfers(accountKey: 1, number: "1").sql),
            ("ReadPayments", ReadPayments(accountKey: 1).sql), ("ReadReceivable", ReadReceivable(accountKey: 1).sql),
            ("ReadTransfer", ReadTransfer(accountKey: 1, id: "1").sql),
            ("ListInvoices", ListInvoices(account: entity, month: try month()).sql),
            ("ReadInvoice", ReadInvoice(number: "1").sql), ("ReadFindings", ReadFindings.ofInvoices.sql),
            ("ReadFindings", ReadFindings.ofLedger.sql), ("ReadInvoiceTotals", ReadInvoiceTotals().sql),
            ("ReadChainHeads", ReadChainHeads().sql), ("ReadMissingHeads", ReadMissingHeads([]).sql),
            ("ReadTrialBalance", ReadTrialBalance().sql), ("SumAccountMonth", SumAccountMonth.sql(now)),
            ("KeepInvoicedMonths", KeepInvoicedMonths.sql([(1, "1")], isVoid: true)),
            ("KeepCollectedMonths", KeepCollectedMonths.sql([])),
        ]
    }

    private static func month() throws -> BillingMonth {
        guard let month = BillingMonth("2026-01") else { throw StoreError(.range, "no month") }
        return month
    }
}
