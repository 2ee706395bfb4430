import TestKit

/// What the jobs wrote, as text, to be compared byte by byte. Keys are written out as names, so that databases can be
/// compared that met the names in another order.
extension TestDatabase {
    /// Every charge, in the order of its key.
    func charges() throws -> String {
        try psql(
            """
            SELECT a.external_id, c.slot_start, m.name, ch.name, t.name, c.input_floor, c.output_floor, c.unrated_classes, c.period_start,
                c.events, c.requests, c.cache_hit_tokens, c.cache_miss_tokens, c.cache_write_tokens,
                c.cache_write_1h_tokens, c.output_tokens, c.currency, v.model, v.effective_from, c.unpriced_reason,
                c.theoretical_amount, c.list_amount, c.monetised_amount, c.scheduled_amount, c.net_amount,
                c.cache_hit_amount, c.cache_miss_amount, c.cache_write_amount, c.cache_write_1h_amount, c.output_amount
            FROM taximeter.charge AS c JOIN taximeter.account AS a USING (account_key)
            JOIN taximeter.model AS m USING (model_key) JOIN taximeter.channel AS ch USING (channel_key)
            JOIN taximeter.service_tier AS t USING (service_tier_key)
            LEFT JOIN taximeter.tariff_version AS v USING (tariff_version_key)
            ORDER BY a.external_id COLLATE "C", c.slot_start, m.name COLLATE "C", ch.name COLLATE "C",
                t.name COLLATE "C", c.input_floor, c.output_floor, c.unrated_classes
            """)
    }

    /// Sums of events, buckets and charges: three lines that have to be alike.
    func totals() throws -> [String] {
        let sums = """
            sum(requests), sum(cache_hit_tokens), sum(cache_miss_tokens),
            sum(cache_write_tokens), sum(cache_write_1h_tokens), sum(output_tokens)
            """
        let lines = try psql(
            """
            SELECT count(*), \(sums) FROM taximeter.usage_event
            UNION ALL SELECT sum(events), \(sums) FROM taximeter.usage_bucket
            UNION ALL SELECT sum(events), \(sums) FROM taximeter.charge
            """)
        return lines.split(separator: "\n").map(String.init)
    }
}
