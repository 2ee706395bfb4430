/// How the columns of somebody's CSV make the fields of a usage event; read from a small YAML file.
///
/// docs/event-format.md has the grammar.
public struct EventMapping: Sendable, Hashable {
    /// Where the text of a field comes from.
    indirect enum Expression: Sendable, Hashable {
        /// A column, or another expression where it is empty.
        case column(String, ifEmpty: Expression?)
        /// The same for every row.
        case constant(String)
        /// What a table has for the value of a column.
        case lookup(column: String, values: [String: String], otherwise: String?)
        /// Texts put together.
        case joined([Expression], separator: String)
        /// The number of the row's line behind a prefix: `bundle:17`.
        case line(prefix: String)
    }

    /// In what a time or a duration is counted.
    enum TimeUnit: Int64, Sendable, Hashable {
        case nanoseconds = 0
        case microseconds = 1
        case milliseconds = 1_000
        case seconds = 1_000_000

        /// A count in microseconds; nil when it does not fit. Parts of a microsecond are cut off.
        func microseconds(_ count: Int64) -> Int64? {
            if self == .nanoseconds { return CivilDate.floorQuotient(count, 1_000) }
            let (product, overflow) = count.multipliedReportingOverflow(by: rawValue)
            return overflow ? nil : product
        }
    }

    /// An instant or a duration.
    struct Time: Sendable, Hashable {
        let expression: Expression
        /// Nil for RFC 3339.
        let unit: TimeUnit?
        /// The instant from which units are counted, RFC 3339; the Unix epoch when nil.
        let origin: Expression?
    }

    let texts: [EventField: Expression]
    let counts: [EventField: Expression]
    let times: [EventField: Time]
    /// From `started_at` to `completed_at`, where only one of them is given.
    let duration: Time?
    /// All input, hits among them or not.
    let input: Expression?
    let inputIncludesHits: Bool

    /// Every column that the mapping uses.
    var columns: [String] {
        let expressions =
            Array(texts.values) + Array(counts.values)
            + times.values.flatMap { [$0.expression, $0.origin] }
            .compactMap(\.self) + [duration?.expression, input].compactMap(\.self)
        return Set(expressions.flatMap(\.columns)).sorted()
    }

    /// Reads a mapping from YAML.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it, by file, line and column.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> EventMapping {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let mapping = source.root.flatMap(reader.eventMapping)
        guard let mapping, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return mapping
    }
}

extension EventMapping.Expression {
    /// Whether its text owes nothing to the row's columns.
    var isFixed: Bool {
        switch self {
        case .constant, .line: true
        case .column, .lookup, .joined: false
        }
    }

    var columns: [String] {
        switch self {
        case .column(let name, let ifEmpty): [name] + (ifEmpty?.columns ?? [])
        case .constant, .line: []
        case .lookup(let column, _, _): [column]
        case .joined(let parts, _): parts.flatMap(\.columns)
        }
    }
}
