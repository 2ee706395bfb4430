/// One engine: its series, and when it was looked at.
struct EngineInstance {
    let name: String
    let series: [EngineCounters.Series]
    /// When any of its counters has a sample, in order.
    let times: [Instant]

    init(name: String, series: [EngineCounters.Series]) {
        self.name = name
        self.series = series
        times = Set(series.flatMap(\.values.keys)).sorted()
    }

    var first: Instant { times.first ?? .earliest }
    var last: Instant { times.last ?? .latest }

    /// When the counter of a series began at 0, and whether that is known: one that comes later than others of its engine
    /// did so since these were last looked at; an engine that comes later than others may have, or it may have run without
    /// being looked at.
    ///
    /// - Parameters:
    ///   - start: When all engines that are there from the beginning had been looked at.
    ///   - all: When any engine was looked at.
    func previous(
        to series: EngineCounters.Series, start: Instant, _ all: [Instant]
    ) -> (at: Instant, isCertain: Bool)? {
        guard let own = series.values.keys.min() else { return nil }
        let isLater = own > first
        guard isLater || first > start, let before = (isLater ? times : all).last(where: { $0 < own }) else {
            return nil
        }
        return (before, isLater)
    }

    /// What was odd about it.
    ///
    /// - Parameters:
    ///   - start: When all engines that are there from the beginning had been looked at.
    ///   - end: When the first of those that are there to the end was last looked at.
    ///   - most: How far samples may be apart, in microseconds.
    func notes(start: Instant, end: Instant, most: Int64) -> [EngineNote] {
        var notes = resets()
        func note(_ kind: EngineNote.Kind, _ from: Instant, _ until: Instant) {
            let readings = series.map { EngineNote.Reading(series: $0, from: from, until: until) }
            notes.append(EngineNote(kind: kind, instance: name, from: from, until: until, readings: readings))
        }
        for (one, next) in zip(times, times.dropFirst()) where next.microseconds - one.microseconds > most {
            note(.missingScrapes, one, next)
        }
        if first > start { note(.appeared, start, first) }
        if last < end { note(.disappeared, last, end) }
        return notes
    }

    /// Counters that went down, those of one instant together.
    private func resets() -> [EngineNote] {
        struct Step: Hashable {
            let from: Instant
            let until: Instant
        }
        var readings: [Step: [EngineNote.Reading]] = [:]
        for one in series {
            let samples = one.samples
            for (before, after) in zip(samples, samples.dropFirst()) where after.value < before.value {
                readings[Step(from: before.at, until: after.at), default: []]
                    .append(EngineNote.Reading(series: one, from: before.at, until: after.at))
            }
        }
        return readings.map { step, readings in
            EngineNote(kind: .reset, instance: name, from: step.from, until: step.until, readings: readings)
        }
    }
}

/// Something odd about the counters of an engine that may explain a difference; none in itself.
public struct EngineNote: Sendable, Hashable {
    /// What was odd.
    public enum Kind: String, Sendable {
        /// Counters went down: the engine was started again.
        case reset = "counter reset"
        /// There is no sample for more than one and a half times as long as samples are apart.
        case missingScrapes = "missing scrapes"
        /// Its first sample is later than that of others.
        case appeared = "engine appeared"
        /// Its last sample is earlier than that of others.
        case disappeared = "engine disappeared"
    }

    /// What a counter showed at both ends; nil where it has no sample.
    struct Reading: Sendable, Hashable {
        let model: Identifier
        let counter: EngineCounter
        let before: Int128?
        let after: Int128?

        init(series: EngineCounters.Series, from: Instant, until: Instant) {
            (model, counter) = (series.model, series.counter)
            (before, after) = (series.values[from], series.values[until])
        }
    }

    /// What was odd.
    public let kind: Kind
    /// The engine.
    public let instance: String
    /// The last sample before, and the first after.
    public let from: Instant
    /// See ``from``.
    public let until: Instant
    let readings: [Reading]

    /// What the counters showed at the beginning, and at the end: `prompt 120, generated 60`.
    public var before: String { text(\.before) }
    /// See ``before``.
    public var after: String { text(\.after) }

    private func text(_ value: (Reading) -> Int128?) -> String {
        // Counters that are split over labels are told as one.
        let parts = EngineCounter.allCases.compactMap { counter -> String? in
            let values = readings.filter { $0.counter == counter }.compactMap(value)
            return values.isEmpty ? nil : "\(counter.rawValue) \(values.reduce(0, +))"
        }
        return parts.isEmpty ? "no sample" : parts.joined(separator: ", ")
    }
}
