import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter capacity`: what has to be there to serve what was metered.
struct CapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity", abstract: "Concurrency, nodes by phase, peak to mean, and headroom for N customers.",
        discussion: """
            All from the tokens and the node-hours stored, in the mean over the hours and in the hour with most output. \
            The speeds are what you measured; without them, nodes by phase are those of the stored allocation policy's \
            throughput, and what else needs a speed is left out. See docs/capacity.md.
            """)

    @OptionGroup var range: MeteredRange
    @Option(help: "Output tokens a second of one stream.")
    var streamSpeed: Int64?
    @Option(help: "Mean context of an output token, in tokens; with --stream-speed.")
    var context: Int64?
    @Option(help: "Input tokens, hits included, that a node prefills a second.")
    var prefill: Int64?
    @Option(help: "Output tokens that a node decodes a second.")
    var decode: Int64?
    @OptionGroup var headroom: HeadroomOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        for (name, value) in [
            ("stream-speed", streamSpeed), ("context", context), ("prefill", prefill), ("decode", decode),
        ] where value.map({ $0 <= 0 }) ?? false {
            throw ValidationError("--\(name) must be above 0")
        }
        if context != nil, streamSpeed == nil { throw ValidationError("--context needs --stream-speed") }
    }

    func run() throws {
        let store = try database.store()
        let totals = try store.marginSummary(from: range.from.instant, until: range.to.instant)
        let hourly = try store.margins(from: range.from.instant, until: range.to.instant, by: .hour)
        let curve = try headroom.curve(of: range, store)
        let mean = mean(totals)
        var figures = try metered(mean, totals, hourly) + nodes(mean, store) + headroom.ofModel()
        switch range.format {
        case .table:
            var table = TextTable([.init(title: "figure", isNumber: false), .init(title: "value", isNumber: true)])
            for figure in figures {
                table.append([
                    figure.name.replacing("_", with: " "), Figures.decimal(figure.value, places: figure.places),
                ])
            }
            print(table.text, terminator: "")
            if let curve { print("\n" + headroom.table(curve), terminator: "") }
        case .json:
            if let curve { figures += headroom.figures(curve) }
            print(try JSONText.of(Dictionary(figures.map { ($0.name, $0.value) }) { first, _ in first }))
        }
    }

    struct Figure {
        let name: String
        let value: String
        let places: Int

        init?(_ name: String, _ ratio: Ratio?, places: Int = 2) throws(MoneyError) {
            guard let ratio else { return nil }
            self.init(name, try ratio.text(places: places), places: places)
        }

        init(_ name: String, _ value: String, places: Int) {
            (self.name, self.value, self.places) = (name, value, places)
        }
    }

    /// The tokens of all rows, whatever their currency.
    private func mean(_ totals: [MarginSummary]) -> Demand {
        let input = ["cache_hit_tokens", "cache_miss_tokens", "cache_write_tokens", "cache_write_1h_tokens"]
        return Demand(
            inputTokens: input.map { column in totals.map { $0.tokens(column) }.reduce(0, +) }.reduce(0, +),
            outputTokens: totals.map { $0.tokens("output_tokens") }.reduce(0, +), seconds: range.seconds)
    }

    /// What the tokens and nodes stored say.
    private func metered(_ mean: Demand, _ totals: [MarginSummary], _ hourly: [MarginRow]) throws -> [Figure] {
        let outputs = Dictionary(grouping: hourly, by: \.group).values.map { rows in
            rows.compactMap { $0["output_tokens"].flatMap { Int128($0) } }.reduce(0, +)
        }
        let peak = Demand(inputTokens: 0, outputTokens: outputs.max() ?? 0, seconds: 3_600)
        let nodeHours = try totals.compactMap { try $0.units("node_hours") }.reduce(0, +)
        let peakNodes = try totals.compactMap { try $0.units("peak_nodes") }.reduce(0, +)
        let unit = try Money("1", .usd).units

        var figures = [
            Figure("input_tokens", String(mean.inputTokens), places: 0),
            Figure("output_tokens", String(mean.outputTokens), places: 0),
        ]
        figures += try [
            Figure("output_tokens_per_second", mean.outputPerSecond),
            Figure("output_tokens_per_second_in_the_peak_hour", peak.outputPerSecond),
            Figure("peak_to_mean_output", Ratio(peak.outputTokens * range.hours, to: mean.outputTokens), places: 3),
            Figure("node_hours", Ratio(nodeHours, to: unit)),
            Figure("mean_nodes", Ratio(nodeHours, to: unit * range.hours)),
            Figure("peak_nodes", Ratio(peakNodes, to: unit)),
            Figure("peak_to_mean_nodes", Ratio(peakNodes * range.hours, to: nodeHours), places: 3),
            Figure("output_tokens_per_node_second", tokens(mean.outputTokens, overNodeHours: nodeHours, unit)),
        ].compactMap(\.self)
        if let streamSpeed {
            figures += try [
                Figure("concurrent_streams", mean.streams(tokensPerSecond: streamSpeed), places: 1),
                Figure("concurrent_streams_in_the_peak_hour", peak.streams(tokensPerSecond: streamSpeed), places: 1),
                context.flatMap {
                    try Figure(
                        "resident_context_tokens", mean.residentTokens(tokensPerSecond: streamSpeed, meanContext: $0),
                        places: 0)
                },
                decode.flatMap { try Figure("streams_per_decode_node", Ratio(Int128($0), to: Int128(streamSpeed))) },
            ].compactMap(\.self)
        }
        return figures
    }

    /// Nodes by phase: at the speeds given, or without any at the throughput of the allocation policy in force.
    private func nodes(_ mean: Demand, _ store: Store) throws -> [Figure] {
        var figures: [Figure?] = []
        if prefill == nil, decode == nil {
            let time = try store.nodeTime(range.from.instant..<range.to.instant)
            figures = try [
                Figure("prefill_nodes", time?.prefillNodes(seconds: range.seconds)),
                Figure("decode_nodes", time?.decodeNodes(seconds: range.seconds)),
                Figure("nodes", time?.nodes(seconds: range.seconds)),
            ]
        }
        if let prefill { figures.append(try Figure("prefill_nodes", mean.prefillNodes(throughput: prefill))) }
        if let decode { figures.append(try Figure("decode_nodes", mean.decodeNodes(throughput: decode))) }
        if let prefill, let decode {
            figures.append(try Figure("nodes", mean.nodes(prefill: prefill, decode: decode)))
        }
        return figures.compactMap(\.self)
    }

    private func tokens(_ count: Int128, overNodeHours nodeHours: Int128, _ unit: Int128) -> Ratio? {
        // A count of tokens × 10^18 fits in 128 bits up to 10^20 tokens.
        let (scaled, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : Ratio(scaled, to: nodeHours * 3_600)
    }
}
