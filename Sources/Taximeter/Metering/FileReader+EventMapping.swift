extension FileReader {
    private static let timeKeys = ["started_at", "completed_at", "duration"]
    private static let textFields: [EventField] = [
        .account, .requestID, .model, .channel, .serviceTier, .reverses,
    ]

    /// A mapping: `{input_includes_hits: true, fields: {account: …, model: …}}`.
    func eventMapping(_ node: FileNode) -> EventMapping? {
        guard let top = fields(node, keys: ["fields", "input_includes_hits"]),
            let list = required(top, "fields", expected: "a mapping from event fields to columns")
        else { return nil }
        let countFields = EventField.allCases.filter(\.isCount)
        let names = Self.textFields.map(\.name) + Self.timeKeys + countFields.map(\.name) + ["input_tokens"]
        guard let members = fields(list, keys: names) else { return nil }
        for name in ["account", "request_id", "model"] where members[name] == nil {
            report(list, missing: name, found: "nothing", expected: "where the \(name) comes from")
        }
        if members["started_at"] == nil, members["completed_at"] == nil {
            report(list, missing: "completed_at", found: "nothing", expected: "completed_at or started_at")
        }
        let hits = word(top["input_includes_hits"], [("true", true), ("false", false)])
        if members["input_tokens"] != nil, members["cache_hit_tokens"] != nil, top["input_includes_hits"] == nil {
            report(
                node, missing: "input_includes_hits", found: "nothing",
                expected: "true or false: whether input_tokens counts the cache hits too")
        }
        if let input = members["input_tokens"], members["cache_miss_tokens"] != nil {
            report(input, expected: "either input_tokens or cache_miss_tokens")
        }
        if !(countFields.filter(\.isTokenCount).map(\.name) + ["input_tokens"]).contains(where: { members[$0] != nil })
        {
            report(list, found: "no field that counts tokens", expected: "input_tokens, output_tokens or others")
        }
        return EventMapping(
            texts: expressions(Self.textFields, members), counts: expressions(countFields, members),
            times: [.startedAt, .completedAt].reduce(into: [:]) { times, field in
                times[field] = members[field.name].flatMap { time($0, isDuration: false) }
            },
            duration: members["duration"].flatMap { time($0, isDuration: true) },
            input: members["input_tokens"].flatMap(expression), inputIncludesHits: hits ?? false)
    }

    private func expressions(_ wanted: [EventField], _ members: Fields) -> [EventField: EventMapping.Expression] {
        wanted.reduce(into: [:]) { found, field in found[field] = members[field.name].flatMap(expression) }
    }

    /// A column's name, or a mapping that says more.
    private func expression(_ node: FileNode) -> EventMapping.Expression? {
        if case .text(let column) = node.content { return .column(column, ifEmpty: nil) }
        let keys = ["column", "if_empty", "constant", "by", "values", "otherwise", "join", "separator", "line"]
        guard let members = fields(node, keys: keys) else { return nil }
        return expression(node, members)
    }

    private func expression(
        _ node: FileNode, _ members: Fields, among allowed: [String] = ["column", "constant", "by", "join", "line"]
    ) -> EventMapping.Expression? {
        let kinds = allowed.filter { members[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first else {
            report(
                node, found: kinds.isEmpty ? "none of them" : kinds.joined(separator: " and "),
                expected: "one of \(allowed.joined(separator: ", "))")
            return nil
        }
        let companions = [("if_empty", "column"), ("values", "by"), ("otherwise", "by"), ("separator", "join")]
        for (key, owner) in companions where owner != kind {
            // Read by nobody, it would let the author believe that it had an effect.
            if let stray = members[key] { report(stray, expected: "no \(key) beside \(kind): it belongs to \(owner)") }
        }
        switch kind {
        case "column":
            return text(members["column"]).map { .column($0, ifEmpty: members["if_empty"].flatMap(expression)) }
        case "constant": return text(members["constant"]).map { .constant($0) }
        case "line": return text(members["line"]).map { .line(prefix: $0) }
        case "join":
            let parts = members["join"].flatMap { list($0, expected: "a list of columns") } ?? []
            let separator = value(members["separator"], expected: "one of : / - _ . , ; | # @ + ~") { text in
                text.utf8.count == 1 && ":/-_.,;|#@+~".contains(text) ? text : nil
            }
            return .joined(parts.compactMap(expression), separator: separator ?? ":")
        default:
            guard let column = text(members["by"]),
                let table = required(members, "values", expected: "what to take for each value of the column"),
                let entries = entries(table, expected: "a mapping from values to texts")
            else { return nil }
            let values = entries.reduce(into: [String: String]()) { $0[$1.name] = text($1.value) }
            return .lookup(column: column, values: values, otherwise: members["otherwise"].flatMap(text))
        }
    }

    private func text(_ node: FileNode?) -> String? { value(node, expected: "a text") { $0 } }

    /// An expression with a unit, and for instants an origin.
    private func time(_ node: FileNode, isDuration: Bool) -> EventMapping.Time? {
        if case .text(let column) = node.content, !isDuration {
            return EventMapping.Time(expression: .column(column, ifEmpty: nil), unit: nil, origin: nil)
        }
        let keys =
            ["column", "if_empty", "constant", "by", "values", "otherwise", "unit"] + (isDuration ? [] : ["origin"])
        guard let members = fields(node, keys: keys) else { return nil }
        let units: [(String, EventMapping.TimeUnit?)] = [
            ("seconds", .seconds), ("milliseconds", .milliseconds), ("microseconds", .microseconds),
            ("nanoseconds", .nanoseconds),
        ]
        let unit =
            isDuration
            ? required(members, "unit", expected: "seconds, milliseconds, microseconds or nanoseconds")
                .flatMap { word($0, units) } ?? nil
            : word(members["unit"], units + [("rfc3339", nil)]) ?? nil
        if let origin = members["origin"], unit == nil {
            report(origin, expected: "a unit beside the origin: what is counted from it")
        }
        return expression(node, members, among: ["column", "constant", "by"]).map {
            EventMapping.Time(expression: $0, unit: unit, origin: members["origin"].flatMap(origin))
        }
    }

    /// An instant, or a mapping that finds one.
    private func origin(_ node: FileNode) -> EventMapping.Expression? {
        if case .text(let text) = node.content {
            return instant(node).map { _ in .constant(text) }
        }
        return expression(node)
    }
}
