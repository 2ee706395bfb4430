/// When a price of genai-prices holds: always, from a day on, or at a time of day. Days and times are UTC.
///
/// Source: `StartDateConstraint` and `TimeOfDateConstraint` in genai-prices' `types.py` (0.2.3).
enum GenAIConstraint {
    case always
    case fromDay(Int64)
    case daily(start: Int64, end: Int64)

    /// Reads `{"start_date": …}` or `{"start_time": …, "end_time": …}`.
    init(_ node: FileNode?, field: String) throws(ImportFault) {
        guard let node else {
            self = .always
            return
        }
        let keys = Set(node.members.map(\.name)).subtracting(["type"])
        if keys == ["start_date"], let day = node["start_date"]?.text.flatMap(CivilDate.init(iso8601:)) {
            self = .fromDay(day.daysSinceEpoch)
        } else if keys == ["start_time", "end_time"], let start = node["start_time"]?.text.flatMap(Self.time),
            let end = node["end_time"]?.text.flatMap(Self.time)
        {
            self = .daily(start: start, end: end)
        } else {
            throw ImportFault(field: field, node: node, reason: "is a condition that is not known here")
        }
    }

    /// A time of day with or without an offset, as microseconds of the UTC day.
    private static func time(_ text: String) -> Int64? {
        let hasOffset = text.hasSuffix("Z") || text.dropFirst(2).contains { $0 == "+" || $0 == "-" }
        let whole = text.utf8.count == 5 ? text + ":00" : text
        return Instant(rfc3339: "1970-01-02T\(whole)\(hasOffset ? "" : "Z")").map {
            CivilDate.floorModulo($0.microseconds, Instant.day)
        }
    }

    /// Whether it holds on that UTC day at that time, in microseconds.
    func holds(on day: Int64, at time: Int64) -> Bool {
        switch self {
        case .always: true
        case .fromDay(let first): day >= first
        case .daily(let start, let end):
            end < start ? time >= start || time < end : time >= start && time < end
        }
    }

    /// The instant from which it holds.
    var start: Instant? { if case .fromDay(let day) = self { Instant(microseconds: day * Instant.day) } else { nil } }

    /// The times of day at which it begins or ceases to hold.
    var times: [Int64] { if case .daily(let start, let end) = self { [start, end] } else { [] } }
}
