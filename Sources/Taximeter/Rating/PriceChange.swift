/// A moment at which the prices of a model may change, and what begins or ends then.
public struct PriceChange: Sendable, Hashable {
    /// One thing that begins or ends.
    public enum Event: Sendable, Hashable, CustomStringConvertible {
        /// The version with this start is no longer in force.
        case versionEnds(from: Instant)
        /// The version with this start comes into force.
        case versionBegins(from: Instant)
        /// A window ends.
        case scheduleEnds(Identifier)
        /// A window begins.
        case scheduleBegins(Identifier)
        /// A name no longer means the model.
        case aliasEnds(Identifier)
        /// A name means the model from now on.
        case aliasBegins(Identifier)

        /// `schedule night begins`.
        public var description: String {
            switch self {
            case .versionEnds(let from): "version from \(from) ends"
            case .versionBegins(let from): "version from \(from) begins"
            case .scheduleEnds(let name): "schedule \(name) ends"
            case .scheduleBegins(let name): "schedule \(name) begins"
            case .aliasEnds(let name): "alias \(name) ends"
            case .aliasBegins(let name): "alias \(name) begins"
            }
        }
    }

    /// The first instant of the new state.
    public let instant: Instant
    /// The model.
    public let model: Identifier
    /// What begins or ends: versions, then schedules, then aliases, and of each what ends first.
    public let events: [Event]
    /// The prices a microsecond earlier; nil where no version was in force.
    public let before: PricesInForce?
    /// The prices from the instant on; nil where no version is in force.
    public let after: PricesInForce?

    /// The time zone in which the version's windows are read; UTC where it has none.
    public var zone: TimeZoneRules {
        let schedules = [after, before].compactMap(\.self).flatMap(\.version.rules.schedules)
        return schedules.first?.window.zone ?? .utc
    }
}

extension Rater {
    /// How far ahead ``changes(after:count:of:)`` looks.
    public static let searchedYears: Int64 = 30

    /// The next moments after an instant at which a version, a schedule or an alias begins or ends.
    ///
    /// - Parameters:
    ///   - instant: Changes at this very instant are not among them.
    ///   - count: How many moments; at each, every model that changes has an element of its own.
    ///   - models: Only these; nil for all.
    /// - Returns: In order of time, then of the book. Fewer when there is nothing more within ``searchedYears``.
    public func changes(after instant: Instant, count: Int, of models: Set<Identifier>? = nil) -> [PriceChange] {
        let part = PriceBook(
            header: book.header, tariffs: book.tariffs.filter { models?.contains($0.model) ?? true })
        let horizon = instant.advanced(byMicroseconds: Self.searchedYears * 366 * Instant.day) ?? .latest
        var span = 8 * Instant.day
        while true {
            let end = instant.advanced(byMicroseconds: span).map { min($0, horizon) } ?? horizon
            var found: [[PriceChange]] = []
            for moment in part.cuts(in: instant..<max(instant, end)) where found.count < count {
                let changes = part.tariffs.compactMap { change(of: $0, at: moment) }
                if !changes.isEmpty { found.append(changes) }
            }
            if found.count >= count || end >= horizon { return found.flatMap(\.self) }
            span *= 4
        }
    }

    private func change(of tariff: Tariff, at instant: Instant) -> PriceChange? {
        let earlier = Instant(unchecked: instant.microseconds - 1)
        let (before, after) = (prices(of: tariff, at: earlier), prices(of: tariff, at: instant))
        var events: [PriceChange.Event] = []
        let (old, new) = (before?.version.effective.from, after?.version.effective.from)
        if old != new {
            events += [old.map { .versionEnds(from: $0) }, new.map { .versionBegins(from: $0) }].compactMap(\.self)
        }
        if before?.schedule?.name != after?.schedule?.name {
            events += [
                (before?.schedule?.name).map { .scheduleEnds($0) }, (after?.schedule?.name).map { .scheduleBegins($0) },
            ].compactMap(\.self)
        }
        events += tariff.aliases.filter { $0.effective.until == instant }.map { .aliasEnds($0.name) }
        events += tariff.aliases.filter { $0.effective.from == instant }.map { .aliasBegins($0.name) }
        if events.isEmpty { return nil }
        return PriceChange(instant: instant, model: tariff.model, events: events, before: before, after: after)
    }
}

extension TimeZoneRules {
    /// What the zone's calendar and clock show at an instant.
    public func local(_ instant: Instant) -> (date: CivilDate, time: TimeOfDay) {
        let shown = wallClock(at: instant)
        return (CivilDate(daysSinceEpoch: shown.day), TimeOfDay(microseconds: shown.time) ?? .startOfDay)
    }
}
