import Taximeter
import TaximeterPostgres

/// What the demo prints. Every figure comes out of the store: from its views, or from rating its buckets again.
struct DemoReport {
    let store: Store
    let day: PublishedDay

    /// What DeepSeek published; shown beside the computed figures, never used in place of one.
    private enum Published {
        static let revenue = "562,027"
        static let tokensPerStreamSecond = Int128(21)
    }

    var text: String {
        get throws {
            let summary = try store.marginSummary(from: day.from, until: day.until)
            guard let total = summary.first, summary.count == 1 else {
                throw InputError(file: "the demo's database", problem: "the day has no totals")
            }
            return [
                headline(total), try hours(), try effects(), try waterfall(), capacity(total),
            ].joined(separator: "\n")
        }
    }

    private func headline(_ total: MarginSummary) -> String {
        func dollars(_ column: String) -> String { "$" + Figures.decimal(total[column], places: 2) }
        return """
            DeepSeek's published day: 2025-02-27 12:00 to 2025-02-28 12:00 (UTC+8)

              input tokens, cache hit     \(Figures.billions(total["cache_hit_tokens"], places: 0))
              input tokens, cache miss    \(Figures.billions(total["cache_miss_tokens"], places: 0))
              output tokens               \(Figures.billions(total["output_tokens"], places: 0))
              node-hours (8 H800 each)    \(Figures.decimal(total["node_hours"], places: 0))
              cost                        \(dollars("cost"))
              theoretical revenue         \(dollars("theoretical_revenue")) at R1's list price
                published                 $\(Published.revenue): from token counts before they were rounded to billions
              cost-profit margin          \(Figures.percent(total["theoretical_cost_profit_margin"]))  (revenue − cost) / cost; published 545 %
              gross margin                \(Figures.percent(total["theoretical_gross_margin"]))  (revenue − cost) / revenue

            """
    }

    private func hours() throws -> String {
        let rows = try store.margins(from: day.from, until: day.until, by: .hour)
        let peak = rows.compactMap { Int128($0.dollars("theoretical_revenue")) }.max() ?? 1
        var table = TextTable([
            .init(title: "UTC+8", isNumber: false), .init(title: "input", isNumber: true),
            .init(title: "output", isNumber: true), .init(title: "theoretical", isNumber: true),
            .init(title: "cost", isNumber: true), .init(title: "margin", isNumber: true),
            .init(title: "█ income  ▒ cost", isNumber: false),
        ])
        for row in rows {
            let input = Int128(row["cache_hit_tokens"] ?? "").flatMap { hit in
                Int128(row["cache_miss_tokens"] ?? "").map { String(hit + $0) }
            }
            table.append([
                Self.hourInChina(row.group), Figures.billions(input), Figures.billions(row["output_tokens"]),
                Figures.decimal(row["theoretical_revenue"], places: 2), Figures.decimal(row["cost"], places: 2),
                Figures.percent(row["theoretical_cost_profit_margin"]),
                Self.bar(row.dollars("theoretical_revenue"), row.dollars("cost"), peak: peak),
            ])
        }
        return table.text
    }

    private static func hourInChina(_ hour: String) -> String {
        let moved = Instant(rfc3339: hour)?.advanced(byMicroseconds: 8 * Instant.hour)
        return moved.map { String($0.description.dropFirst(11).prefix(5)) } ?? hour
    }

    /// Income as a bar, with its part that pays the cost in another shade.
    private static func bar(_ income: String, _ cost: String, peak: Int128) -> String {
        func length(_ dollars: String) -> Int { Int((Int128(dollars) ?? 0) * 40 / max(peak, 1)) }
        let cost = min(length(cost), length(income))
        return String(repeating: "▒", count: cost) + String(repeating: "█", count: length(income) - cost)
    }

    /// Each reason for earning less than the theoretical revenue, by itself, over the same day.
    private func effects() throws -> String {
        let reasoner = try Identifier("deepseek-reasoner")
        let chat = try Identifier("deepseek-chat")
        let api = try Identifier("api")
        let night = try store.rerate(from: day.from, until: day.until) { usage in
            usage.model = reasoner
            usage.channel = api
        }
        let v3 = try store.rerate(from: day.from, until: day.until) { usage in
            usage.model = chat
            usage.channel = api
        }
        let free = try store.rerate(from: day.from, until: day.until) { $0.model = reasoner }
        var table = TextTable([
            .init(title: "the same day, if only", isNumber: false), .init(title: "revenue", isNumber: true),
            .init(title: "against theoretical", isNumber: true),
        ])
        let rows = [
            ("everything were R1 at its list price", night.list, night.theoretical),
            ("R1 had its night discount", night.scheduled, night.theoretical),
            ("everything were V3 at its list price", v3.list, v3.theoretical),
            ("web and app were free (60 % of the tokens, assumed)", free.monetised, free.theoretical),
        ]
        for (name, amount, theoretical) in rows {
            let difference = try amount - theoretical
            table.append([
                name, Figures.decimal(amount.decimalText, places: 2),
                Figures.decimal(difference.decimalText, places: 2),
            ])
        }
        return table.text
    }

    private func waterfall() throws -> String {
        let steps = try store.waterfall(from: day.from, until: day.until)
        var table = TextTable([
            .init(title: "from theoretical to billed", isNumber: false), .init(title: "USD", isNumber: true),
        ])
        for step in Self.withoutIdleSteps(steps) {
            let name = step.isTotal ? step.name : "  \(step.name)"
            table.append([name, Figures.decimal(step.amount, places: 2)])
        }
        return table.text
            + "V3 has 40 % of the tokens and web and app 60 %: assumed, see fixtures/published-day/README.md\n"
    }

    /// Leaves out steps that changed nothing, and the totals after them.
    private static func withoutIdleSteps(_ steps: [WaterfallStep]) -> [WaterfallStep] {
        var kept: [WaterfallStep] = []
        var isIdle = false
        for step in steps {
            if step.isTotal, isIdle, step.name != steps.last?.name {
                isIdle = false
                continue
            }
            isIdle = !step.isTotal && (try? Money(step.amount, .usd))?.units == 0
            if !isIdle { kept.append(step) }
        }
        return kept
    }

    private func capacity(_ total: MarginSummary) -> String {
        let streams = total["output_tokens_per_second"].flatMap { try? Money($0, .usd) }
            .map { $0.units / Published.tokensPerStreamSecond }
            .map { Money(units: $0, .usd).decimalText }
        return """
            output tokens/s per node      \(Figures.decimal(total["output_tokens_per_node_second"], places: 0))
            concurrent streams            \(Figures.decimal(streams, places: 0)) at 21 tokens/s each
            nodes at peak                 \(Figures.decimal(total["peak_nodes"], places: 0))
            breakeven price multiplier    \(Figures.decimal(total["breakeven_multiplier"], places: 4)) of the list price

            """
    }

    static func whereNext(_ address: ClusterAddress) -> String {
        """
        Where to look next
          \(address.psqlCommand)
            SELECT * FROM taximeter.margin_hourly ORDER BY hour;
            SELECT * FROM taximeter.waterfall_daily ORDER BY day;
            SELECT * FROM taximeter.margin_summary('2025-02-27 04:00Z', '2025-02-28 04:00Z');
          taximeter reconcile --month 2025-02 --database-url \(address.shellWord)
          taximeter db stop          stops the server that this started
          README.md                  prices your own log in five lines

        """
    }
}

extension MarginRow {
    /// An amount's whole units, for drawing.
    fileprivate func dollars(_ column: String) -> String {
        String((self[column] ?? "0").prefix { $0 != "." })
    }
}
