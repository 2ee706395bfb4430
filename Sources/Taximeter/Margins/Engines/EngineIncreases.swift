/// What counters have gone up by in each UTC hour, and what was odd about them.
///
/// As Prometheus's `increase` has it, a counter that goes down was reset, and what it shows then is the increase; nothing
/// is extrapolated. An increase is of the hours between its two samples: of one hour where both lie in it, edges included,
/// else of either, which makes the hour's figure a range.
public struct EngineIncreases: Sendable {
    /// Whose increase.
    struct Key: Hashable {
        let model: Identifier
        let counter: EngineCounter
    }

    /// The whole hours that have samples before and after them; nil for none.
    public let covered: Range<Instant>?
    /// By hour; hours without an increase are left out.
    private(set) var hours: [Key: [Instant: TokenRange]] = [:]
    /// Over all the hours covered.
    private(set) var totals: [Key: TokenRange] = [:]
    /// What was odd, in order of time.
    public private(set) var notes: [EngineNote] = []

    /// Computes the increases within a span of whole hours.
    public init(_ counters: EngineCounters, in span: Range<Instant>) {
        let instances = Dictionary(grouping: counters.series, by: \.instance).map(EngineInstance.init)
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        guard let first = instances.map(\.first).min(), let last = instances.map(\.last).max() else {
            covered = nil
            return
        }
        let every = counters.mapping.every ?? Self.cadence(of: instances)
        // One that comes late by half its time is not missing.
        let most = every.map { $0 + $0 / 2 } ?? .max
        // Engines are not looked at all at once: an hour is whole when all that are there have samples around it.
        let start = instances.map(\.first).filter { $0.microseconds - first.microseconds <= most }.max() ?? first
        let end = instances.map(\.last).filter { last.microseconds - $0.microseconds <= most }.min() ?? last
        let from = max(span.lowerBound, start == start.startOfHour ? start : Self.hour(after: start))
        let until = min(span.upperBound, end.startOfHour)
        covered = from < until ? from..<until : nil
        guard let covered else { return }
        let times = Set(instances.flatMap(\.times)).sorted()
        for instance in instances {
            for series in instance.series {
                let key = Key(model: series.model, counter: series.counter)
                totals[key, default: .none].add(0, isCertain: true)
                let previous = instance.previous(to: series, start: start, times)
                for increase in CounterIncrease.all(of: series.samples, after: previous) {
                    add(increase, to: key, covered)
                }
            }
            notes += instance.notes(start: start, end: end, most: most)
        }
        notes = notes.filter { $0.from < covered.upperBound && $0.until > covered.lowerBound }
            .sorted { ($0.from, $0.instance) < ($1.from, $1.instance) }
    }

    private mutating func add(_ increase: CounterIncrease, to key: Key, _ covered: Range<Instant>) {
        if increase.tokens == 0 || increase.until <= covered.lowerBound || increase.from >= covered.upperBound {
            return
        }
        let isInside = increase.from >= covered.lowerBound && increase.until <= covered.upperBound
        totals[key, default: .none].add(increase.tokens, isCertain: increase.isCertain && isInside)
        let lastHour = Instant(unchecked: increase.until.microseconds - 1).startOfHour
        var hour = max(increase.from.startOfHour, covered.lowerBound)
        let isOfOne = increase.from.startOfHour == lastHour
        while hour <= lastHour, hour < covered.upperBound {
            hours[key, default: [:]][hour, default: .none]
                .add(increase.tokens, isCertain: increase.isCertain && isOfOne)
            hour = Self.hour(after: hour)
        }
    }

    private static func hour(after instant: Instant) -> Instant {
        instant.startOfHour.advanced(byMicroseconds: Instant.hour) ?? .latest
    }

    /// How far samples are apart most of the time; nil where no engine has two.
    private static func cadence(of instances: [EngineInstance]) -> Int64? {
        var counts: [Int64: Int] = [:]
        for instance in instances {
            for (one, next) in zip(instance.times, instance.times.dropFirst()) {
                counts[next.microseconds - one.microseconds, default: 0] += 1
            }
        }
        return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
    }
}

/// How much a counter went up by from one instant to another.
struct CounterIncrease {
    let from: Instant
    let until: Instant
    let tokens: Int128
    /// Whether it is known to be of this time at all.
    let isCertain: Bool

    /// The increases between samples in order of time.
    ///
    /// - Parameter previous: When the counter began at 0, if that was while its engine was looked at, and whether that is
    ///   known.
    static func all(
        of samples: [(at: Instant, value: Int128)], after previous: (at: Instant, isCertain: Bool)?
    ) -> [CounterIncrease] {
        guard let first = samples.first else { return [] }
        var increases: [CounterIncrease] = []
        if let previous {
            increases.append(
                CounterIncrease(
                    from: previous.at, until: first.at, tokens: first.value, isCertain: previous.isCertain))
        }
        for (one, next) in zip(samples, samples.dropFirst()) {
            let tokens = next.value < one.value ? next.value : next.value - one.value
            increases.append(CounterIncrease(from: one.at, until: next.at, tokens: tokens, isCertain: true))
        }
        return increases
    }
}
