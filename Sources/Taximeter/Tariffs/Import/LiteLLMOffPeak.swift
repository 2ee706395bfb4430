/// When the prices of a row's `off_peak_pricing` hold.
///
/// Source: `_is_off_peak` in LiteLLM's `llm_cost_calc/utils.py` (1.110.2): hours are UTC, and a window that ends before
/// it starts runs over midnight; weekdays are those of the instant itself, in `weekday_timezone`.
struct LiteLLMOffPeak {
    private let rules: [(hours: [(start: Int64, end: Int64)], weekdays: Weekdays)]
    /// The zone whose clock a price book's schedule reads.
    let zone: TimeZoneRules
    /// How far that clock is ahead of UTC, in microseconds; the same at all times.
    private let offset: Int64

    private static let field = "off_peak_pricing"

    /// Reads the block of a row whose prices hold from an instant on.
    init(_ node: FileNode, from: Instant) throws(ImportFault) {
        var rules: [(hours: [(start: Int64, end: Int64)], weekdays: Weekdays)] = []
        if let hours = node["hours_utc"] { rules.append((try Self.hours(hours), .all)) }
        for item in node["windows"]?.items ?? [] {
            guard let hours = item["hours_utc"] else { continue }  // LiteLLM passes over it too
            rules.append((try Self.hours(hours), try item["weekdays"].map(Self.weekdays) ?? .all))
        }
        let name = rules.contains { $0.weekdays != .all } ? node["weekday_timezone"]?.text ?? "UTC" : "UTC"
        guard let zone = TimeZoneRules(identifier: name) else {
            throw ImportFault(field: Self.field, node: node, reason: "has a time zone that is not known")
        }
        // A schedule reads hours and weekdays on one clock: it can where that clock keeps its distance from UTC.
        let offsets = zone.offsets(in: from.microseconds...Instant.latest.microseconds)
        guard offsets.count == 1, let offset = offsets.first else {
            throw ImportFault(
                field: Self.field, node: node, reason: "has weekdays of \(name), whose clock changes, and hours of UTC")
        }
        self.rules = rules
        self.zone = zone
        self.offset = offset
    }

    private static func hours(_ node: FileNode) throws(ImportFault) -> [(start: Int64, end: Int64)] {
        var hours: [(start: Int64, end: Int64)] = []
        for text in node.text.map({ [$0] }) ?? node.items.compactMap(\.text) {
            let ends = text.split(separator: "-").compactMap { part in
                TimeOfDay(part.filter { $0 != " " })
            }
            guard ends.count == 2 else {
                throw ImportFault(field: field, node: node, reason: "has hours that cannot be read")
            }
            hours.append((ends[0].microseconds, ends[1].microseconds))
        }
        return hours
    }

    private static func weekdays(_ node: FileNode) throws(ImportFault) -> Weekdays {
        var days: [Weekday] = []
        for item in node.items {
            let text = item.text?.lowercased() ?? ""
            let number = Int(text).flatMap { (1...7).contains($0) ? Weekday.allCases[$0 - 1] : nil }
            let named = Weekday.allCases.first { text.count >= 3 && $0.description.hasPrefix(text) }
            guard let day = number ?? named else {
                throw ImportFault(field: field, node: item, reason: "has a weekday that cannot be read")
            }
            days.append(day)
        }
        return Weekdays(days)
    }

    /// The times of day on the zone's clock at which a window begins or ends.
    var times: [Int64] {
        rules.flatMap(\.hours).flatMap { [$0.start, $0.end] }.map { CivilDate.floorModulo($0 + offset, Instant.day) }
    }

    /// Whether it is off-peak on a weekday at a time of day of the zone's clock.
    func holds(on weekday: Weekday, at time: Int64) -> Bool {
        let utc = CivilDate.floorModulo(time - offset, Instant.day)
        return rules.contains { rule in
            rule.weekdays.contains(weekday)
                && rule.hours.contains { start, end in
                    start < end ? utc >= start && utc < end : utc >= start || utc < end
                }
        }
    }
}
