/// What most likely made a difference, and what to do about it.
enum LikelyCause {
    static func of(_ kind: String, _ size: DifferenceSize) -> String {
        switch kind {
        case "batch": batch(size)
        case "buckets", "charges": sums(kind, size)
        default: byKind[kind] ?? "a row was changed, added or taken away after it was written"
        }
    }

    private static func batch(_ size: DifferenceSize) -> String {
        if size.events > 0 {
            return "events were stored twice, or their batch's row was taken away"
        }
        if size.events < 0 { return "events of the batch were deleted, or dropped with their day's partition" }
        return "an event of the batch was changed, or given to another batch, after it was stored"
    }

    private static func sums(_ kind: String, _ size: DifferenceSize) -> String {
        let (source, sum) = kind == "buckets" ? ("events", "buckets") : ("buckets", "charges")
        if size.events < 0 { return "\(source) were added after the hour was summed, or \(sum) were deleted" }
        if size.events > 0 { return "\(source) were deleted after the hour was summed, or \(sum) were added" }
        return "\(source) or \(sum) were changed after the hour was summed"
    }

    private static let byKind = [
        "sequence": "a batch has not been delivered yet (taximeter spool drain on its host), or its row was deleted",
        "quarantine": "rows of set-aside events were deleted or added",
        "event keys": "events of the account were stored without their id, stored twice or deleted",
        "reversals": "a reversal was stored without its event's id being noted, or deleted",
        "below zero": "an event was reversed that was never stored, or reversed twice",
        "roll-up": "usage came in since the last run: taximeter run",
        "unrated": "usage, prices or plans have changed since the last run: taximeter run",
        "parked": "the period waits for somebody to look at it: see taximeter.parked_periods, then taximeter bill",
        "unbilled": "the period is not billed as it is rated now: taximeter bill --month … --finalize",
        "unpriced": "no tariff covers this usage: load one, then taximeter run; see taximeter.unpriced_usage",
        "rated": "a charge or a rated line was changed, added or deleted after the period was rated",
        "margins": "charges, costs or policies have changed since the last run: taximeter run",
        "margin hour": "a charge, or an hour's margin, was changed after the margins were computed",
        "margin day": "a charge, or an account's margin, was changed after the margins were computed",
        "margin cost": "the cost of nodes, or a margin's, was changed after the margins were computed",
        "margin month": "a day's margin, or the month's, was changed after the month was summed",
        "account month": "a month's margin, or the account's month, was changed after the month was summed",
        "chain": "the invoice's document or its place in the chain was changed after it was final",
        "chain end": "the last invoice of the account was deleted",
        "number": "an invoice was deleted, or its number changed",
        "document": "the invoice's row was changed after it was final",
        "line": "a line was changed, added or deleted after the invoice was final",
        "total": "the invoice's total or one of its lines was changed after it was final",
        "usage": "a line of the invoice, or the rated line it bills, was changed",
        "period": "what the period was billed for was changed, or one of its invoices",
        "balance": "a transfer was added, changed or deleted without its balances",
        "trial balance": "a balance was changed without a transfer",
        "invoice": "the ledger's transfers of the invoice were changed, added or deleted",
        "void": "the invoice was voided without its transfers being reversed, or the other way round",
        "grant": "the grant, or the transfer that granted it, was changed or deleted",
        "left": "what is kept as left of the grant was changed without a transfer",
        "credits": "what is kept as left of grants was changed without a transfer",
        "usage figure": "usage was not metered, metered twice, or the figure is of other hours or other rounding",
        "gpu figure": "occupancy or rates are missing or wrong in the cost files, or the supplier billed other hours",
        "validity": "the validity of the grant was changed on one side",
    ]
}
