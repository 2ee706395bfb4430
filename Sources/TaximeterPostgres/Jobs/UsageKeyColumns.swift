import PostgresWire
import Taximeter

/// The columns that tell a line of usage from the others of its period, alike in `usage_line` and `invoice_line`.
enum UsageKeyColumns {
    static let names = [
        "segment_start", "plan", "price_book", "model", "version_from", "channel", "service_tier", "band", "schedule",
        "token_class", "tier_table", "tier_step", "allowance",
    ]

    /// Their list, for a COPY.
    static let list = names.joined(separator: ", ")

    /// Their list, qualified by a table.
    static func list(of table: String) -> String { names.map { "\(table).\($0)" }.joined(separator: ", ") }
}

extension ResultRow {
    /// The key of a line of usage from ``UsageKeyColumns``; nil when there is none.
    func usageKey(_ first: Int) throws(PostgresError) -> UsageLine.Key? {
        guard let segmentStart = try optionalInstant(first) else { return nil }
        let name = try get(first + 9, as: String.self)
        guard let tokenClass = TokenClass(name: name) else { throw .badValue("a token class", name) }
        var tier: RatedSlice.Tier?
        if let table = try get(first + 10, as: Int32?.self), let step = try get(first + 11, as: Int32?.self) {
            tier = RatedSlice.Tier(table: Int(table), step: Int(step))
        }
        return UsageLine.Key(
            segmentStart: segmentStart, plan: try optionalIdentifier(first + 1), priceBook: try identifier(first + 2),
            model: try identifier(first + 3), versionFrom: try instant(first + 4), channel: try identifier(first + 5),
            serviceTier: try identifier(first + 6), band: try optionalIdentifier(first + 7),
            schedule: try optionalIdentifier(first + 8), tokenClass: tokenClass, tier: tier,
            allowance: try optionalIdentifier(first + 12))
    }
}

extension CopyWriter {
    /// Appends ``UsageKeyColumns``; NULL in each when there is no key.
    mutating func append(_ key: UsageLine.Key?) throws {
        guard let key else {
            for _ in UsageKeyColumns.names { appendNull() }
            return
        }
        try append(Timestamp(key.segmentStart))
        try append(key.plan?.text)
        try append(key.priceBook.text)
        try append(key.model.text)
        try append(Timestamp(key.versionFrom))
        try append(key.channel.text)
        try append(key.serviceTier.text)
        try append(key.band?.text)
        try append(key.schedule?.text)
        try append(key.tokenClass.name)
        try append(key.tier.map { Int32(clamping: $0.table) })
        try append(key.tier.map { Int32(clamping: $0.step) })
        try append(key.allowance?.text)
    }
}
