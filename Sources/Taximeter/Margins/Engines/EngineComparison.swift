/// What was metered of a model in a UTC hour.
public struct MeteredTokens: Sendable, Hashable {
    /// The hour's first instant.
    public let hour: Instant
    /// The model.
    public let model: Identifier
    private let counts: [EngineCounter: Int128]

    /// Tokens of all input classes, of cache hits, and of output.
    public init(hour: Instant, model: Identifier, input: Int128, cacheHit: Int128, output: Int128) {
        self.hour = hour
        self.model = model
        counts = [.prompt: input, .cached: cacheHit, .generated: output]
    }

    /// What a counter should have counted.
    public subscript(counter: EngineCounter) -> Int128 { counts[counter] ?? 0 }
}

/// Metered tokens against what the counters of engines went up by, by model and hour.
public struct EngineComparison: Sendable, Hashable {
    /// A difference beyond the tolerance.
    public struct Difference: Sendable, Hashable {
        /// Which counter.
        public let counter: EngineCounter
        /// The metered models.
        public let models: [Identifier]
        /// The hour, or all the hours that the counters cover.
        public let span: Range<Instant>
        /// What the engines counted.
        public let engine: TokenRange
        /// What was metered.
        public let metered: Int128
        /// What most likely made it.
        public let cause: String
    }

    /// What the hours that the counters cover come to.
    public struct Total: Sendable, Hashable {
        /// Which counter.
        public let counter: EngineCounter
        /// The metered models.
        public let models: [Identifier]
        /// What the engines counted.
        public let engine: TokenRange
        /// What was metered.
        public let metered: Int128
    }

    /// Differences, by models, counter and hour.
    public private(set) var differences: [Difference] = []
    /// By models and counter.
    public private(set) var totals: [Total] = []
    /// The whole hours that were compared.
    public let covered: Range<Instant>
    /// Input tokens that were metered outside of them.
    public let inputOutside: Int128
    /// Output tokens that were metered outside of them.
    public let outputOutside: Int128
    /// What was odd about the counters.
    public let notes: [EngineNote]
    private let mapping: EngineMapping

    /// Compares; nil where the counters cover no whole hour.
    ///
    /// - Parameter metered: The hours of the span in which the increases were computed.
    public init?(_ increases: EngineIncreases, _ metered: [MeteredTokens], _ mapping: EngineMapping) {
        guard let covered = increases.covered else { return nil }
        self.covered = covered
        self.mapping = mapping
        notes = increases.notes
        let isOutside = { (row: MeteredTokens) in !covered.contains(row.hour) }
        inputOutside = metered.filter(isOutside).reduce(0) { $0 + $1[.prompt] }
        outputOutside = metered.filter(isOutside).reduce(0) { $0 + $1[.generated] }
        var groups: [Identifier: [Identifier]] = [:]
        for key in increases.totals.keys {
            for model in mapping.metered(key.model) { groups[model] = mapping.metered(key.model) }
        }
        for row in metered where groups[row.model] == nil && !isOutside(row) { groups[row.model] = [row.model] }
        for models in Set(groups.values).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let own = metered.filter { models.contains($0.model) && !isOutside($0) }
            // A counter that engines of the model do not have is not compared; a model without engines is, with any.
            let keys = increases.totals.keys.filter { mapping.metered($0.model) == models }
            let counters = Set((keys.isEmpty ? Array(increases.totals.keys) : keys).map(\.counter))
            for counter in EngineCounter.allCases where counters.contains(counter) {
                compare(models, counter, increases, own, among: Set(metered.map(\.model)))
            }
        }
    }

    private mutating func compare(
        _ models: [Identifier], _ counter: EngineCounter, _ increases: EngineIncreases, _ metered: [MeteredTokens],
        among known: Set<Identifier>
    ) {
        let keys = increases.totals.keys.filter { $0.counter == counter && mapping.metered($0.model) == models }
        let total = Total(
            counter: counter, models: models,
            engine: keys.reduce(.none) { $0 + (increases.totals[$1] ?? .none) },
            metered: metered.reduce(0) { $0 + $1[counter] })
        totals.append(total)
        func difference(_ span: Range<Instant>, _ engine: TokenRange, _ metered: Int128, _ cause: String) {
            differences.append(
                Difference(
                    counter: counter, models: models, span: span, engine: engine, metered: metered, cause: cause))
        }
        // Where one side has nothing at all, one line says so.
        if total.metered == 0 || keys.isEmpty {
            if !accepts(total.metered, total.engine) {
                difference(
                    covered, total.engine, total.metered,
                    keys.isEmpty ? Self.noCounters : notMetered(models, known))
            }
            return
        }
        let byHour = Dictionary(metered.map { ($0.hour, $0[counter]) }, uniquingKeysWith: +)
        var off: [(hour: Instant, engine: TokenRange, metered: Int128)] = []
        var hour = covered.lowerBound
        while hour < covered.upperBound {
            let engine = keys.reduce(.none) { $0 + (increases.hours[$1]?[hour] ?? .none) }
            let metered = byHour[hour] ?? 0
            if !accepts(metered, engine) { off.append((hour, engine, metered)) }
            hour = hour.advanced(byMicroseconds: Instant.hour) ?? covered.upperBound
        }
        for (place, one) in off.enumerated() {
            let span = one.hour..<(one.hour.advanced(byMicroseconds: Instant.hour) ?? .latest)
            let distance = one.engine.distance(of: one.metered)
            let isMoved = [place - 1, place + 1].contains { other in
                off.indices.contains(other)
                    && abs(off[other].hour.microseconds - one.hour.microseconds) == Instant.hour
                    && off[other].engine.distance(of: off[other].metered) == -distance
            }
            difference(
                span, one.engine, one.metered, isMoved ? Self.moved : cause(distance, span, Set(keys.map(\.model))))
        }
        if off.isEmpty, !accepts(total.metered, total.engine) {
            difference(
                covered, total.engine, total.metered,
                cause(total.engine.distance(of: total.metered), covered, Set(keys.map(\.model))))
        }
    }

    private func accepts(_ metered: Int128, _ engine: TokenRange) -> Bool {
        let nearest = metered - engine.distance(of: metered)
        let unit: Int128 = 1_000_000_000_000_000_000
        let (found, overflow) = metered.multipliedReportingOverflow(by: unit)
        let (value, alsoOverflow) = nearest.multipliedReportingOverflow(by: unit)
        return !overflow && !alsoOverflow && mapping.tolerance.accepts(found, for: value)
    }

    // MARK: Causes

    private static let noCounters =
        "no engine has counters of this model: an engine is not scraped, or its model has another name "
        + "(models in the mapping)"
    private static let moved =
        "the hour beside it differs by as much the other way: requests that ended in another hour than their tokens "
        + "were counted in, or clocks that differ"

    private func notMetered(_ models: [Identifier], _ known: Set<Identifier>) -> String {
        let near = models.lazy.compactMap { suggestion(for: $0.text, among: known.map(\.text).sorted()) }.first
        return "no usage of this model was metered: it has another name (models in the mapping), or its log is missing"
            + (near.map { " (did you mean \"\($0)\"?)" } ?? "")
    }

    private func cause(_ distance: Int128, _ span: Range<Instant>, _ models: Set<Identifier>) -> String {
        if distance < 0 {
            return "requests that were counted and not metered: a batch or a log that is missing, requests that were "
                + "aborted, health checks"
        }
        let odd = notes.filter { note in
            note.from < span.upperBound && note.until > span.lowerBound
                && note.readings.contains { models.contains($0.model) }
        }
        guard let note = odd.first else {
            return "usage that was metered twice, or an engine that is not scraped"
        }
        let others = odd.count == 1 ? "" : " (and \(odd.count - 1) more)"
        return
            "\(note.kind.rawValue) of \(note.instance) between \(note.from) and \(note.until)\(others): what it counted "
            + "after its last sample is in no counter"
    }
}

extension TokenRange {
    static func + (left: TokenRange, right: TokenRange) -> TokenRange {
        TokenRange(least: left.least + right.least, most: left.most + right.most)
    }
}
