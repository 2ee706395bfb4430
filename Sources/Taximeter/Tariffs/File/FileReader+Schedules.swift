extension FileReader {
    /// `{"2026-10-01..2026-10-07": sunday, 2026-09-20: monday}`.
    func calendar(_ node: FileNode) -> DayCalendar {
        let expected = "a mapping from dates to the weekday whose rule they follow"
        let entries = (entries(node, expected: expected) ?? []).compactMap { entry -> DayCalendar.Entry? in
            let dates = value(entry.key, expected: "a date such as 2026-10-01, or first..last") {
                text -> (CivilDate, CivilDate)? in
                let ends = text.rangeEnds
                let dates = ends.compactMap { CivilDate(iso8601: $0) }
                guard let first = dates.first, let last = dates.last, dates.count == ends.count else { return nil }
                return (first, last)
            }
            let follows = weekday(entry.value)
            guard let dates, let follows else { return nil }
            let read = DayCalendar.Entry(dates.0, through: dates.1, follows: follows)
            if read == nil { report(entry.key, expected: "a last date that is not before the first") }
            return read
        }
        if let calendar = DayCalendar(entries) { return calendar }
        report(node, found: "a date that is listed twice", expected: "each date once")
        return .none
    }

    private func weekday(_ node: FileNode?) -> Weekday? {
        word(node, Weekday.allCases.map { ($0.description, $0) })
    }

    /// `[monday..friday, sunday]`.
    private func weekdays(_ node: FileNode?) -> Weekdays {
        guard let node else { return .all }
        let items = list(node, expected: "a list of weekdays such as [monday..friday]") ?? []
        if case .list = node.content, items.isEmpty { report(node, found: "no day", expected: "at least one weekday") }
        return items.reduce(into: []) { days, item in
            guard case .text(let text) = item.content, text.contains("..") else {
                days.formUnion(Weekdays(weekday(item).map { [$0] } ?? []))
                return
            }
            let range = value(item, expected: "a range of weekdays such as monday..friday") { text -> Weekdays? in
                let ends = text.rangeEnds.compactMap { Weekday(name: $0) }
                guard ends.count == 2, ends[0].rawValue <= ends[1].rawValue else { return nil }
                return Weekdays(Weekday.allCases.filter { (ends[0].rawValue...ends[1].rawValue).contains($0.rawValue) })
            }
            days.formUnion(range ?? .all)
        }
    }

    /// The schedules of a version.
    func schedules(
        _ node: FileNode, on base: BaseRates, bands: [Band], calendars: [String: DayCalendar]
    ) -> [(schedule: Schedule, node: FileNode)] {
        let items = list(node, expected: "a list of schedules") ?? []
        var read: [(schedule: Schedule, node: FileNode)] = []
        for item in items {
            guard let schedule = schedule(item, on: base, bands: bands, calendars: calendars) else { continue }
            check(schedule, against: read.map(\.schedule), at: item)
            read.append((schedule, item))
        }
        return read
    }

    private func check(_ schedule: Schedule, against earlier: [Schedule], at node: FileNode) {
        if earlier.contains(where: { $0.name == schedule.name }) {
            report(node, found: "a second schedule \(schedule.name)", expected: "a name of its own for each schedule")
        }
        // With one clock for all windows it can be told for certain whether two overlap.
        if let first = earlier.first, first.window.zone != schedule.window.zone {
            return report(
                node, found: "the time zone \(schedule.window.zone.identifier)",
                expected: "\(first.window.zone.identifier), as in schedule \(first.name): one for all of a version")
        }
        for other in earlier where other.window.overlaps(schedule.window) {
            report(
                node, found: "a window that overlaps schedule \(other.name)", expected: "windows that do not overlap")
        }
    }

    private func schedule(
        _ node: FileNode, on base: BaseRates, bands: [Band], calendars: [String: DayCalendar]
    ) -> Schedule? {
        let keys = [
            "name", "time_zone", "from", "until", "weekdays", "calendar", "rates", "factors", "factor", "bands",
        ]
        guard let fields = fields(node, keys: keys) else { return nil }
        let name = identifier(required(fields, "name", expected: "a name for the schedule"))
        let zoneNode = required(fields, "time_zone", expected: "an IANA time zone such as Asia/Shanghai, or UTC")
        let zone = value(zoneNode, expected: "an IANA time zone such as Asia/Shanghai, or UTC") {
            TimeZoneRules(identifier: $0)
        }
        let start = timeOfDay(required(fields, "from", expected: "the time of day at which it starts"))
        let end = timeOfDay(required(fields, "until", expected: "the time of day at which it ends"))
        let weekdays = weekdays(fields["weekdays"])
        let calendar = fields["calendar"].map { calendarOrName($0, calendars) } ?? .none
        let rules = rules(fields, on: base)
        let bandRates = fields["bands"].map { self.bandRates($0, on: base, bands: bands) } ?? [:]
        guard let name, let zone, let start, let end else { return nil }
        let days = weekdays.isEmpty ? .all : weekdays
        guard let window = DailyWindow(zone: zone, from: start, until: end, on: days, calendar: calendar) else {
            report(
                node, found: "an empty window from \(start) until \(end)",
                expected: "a start before 24:00 and another end (a whole day is 00:00 until 24:00)")
            return nil
        }
        return Schedule(name: name, window: window, rules: rules, bandRates: bandRates)
    }

    private func calendarOrName(_ node: FileNode, _ calendars: [String: DayCalendar]) -> DayCalendar {
        if case .mapping = node.content { return calendar(node) }
        return word(node, calendars.keys.sorted().map { ($0, calendars[$0] ?? .none) }) ?? .none
    }

    /// `{long: {cache_miss: 3, output: 11.25}}`: rates under this schedule and a band together.
    private func bandRates(
        _ node: FileNode, on base: BaseRates, bands: [Band]
    ) -> [Identifier: PerClass<UnitPrice?>] {
        let names = bands.map { ($0.name.text, $0.name) }
        let entries = entries(node, expected: "a mapping from the version's bands to rates") ?? []
        return entries.reduce(into: [:]) { result, entry in
            guard let band = word(entry.key, names) else { return }
            result[band] = rates(entry.value, among: base).rates
        }
    }
}

extension String {
    /// `a..b` as a and b; a text without dots as itself, which is then first and last.
    fileprivate var rangeEnds: [Substring] {
        guard let dots = firstRange(of: "..") else { return [self[...]] }
        return [self[..<dots.lowerBound], self[dots.upperBound...]]
    }
}
