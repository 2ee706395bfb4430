extension Terms {
    /// The terms by themselves as JSON, the same bytes for the same content: what is stored.
    public var canonicalText: String { canonicalJSON.text }

    /// Reads ``canonicalText``, by the same reader as a file.
    ///
    /// - Throws: ``FileErrors``.
    public init(canonicalText text: String) throws(FileErrors) {
        let source = YAMLSource(text, file: "stored terms")
        let reader = FileReader(file: "stored terms", diagnostics: source.diagnostics)
        let terms = source.root.map(reader.terms)
        guard let terms, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        self = terms
    }

    /// Only what differs from ``none``.
    var canonicalJSON: CanonicalJSON {
        var fields: [(String, CanonicalJSON)] = []
        if discount != .all(nil) {
            fields.append(("discount", .object([("factors", discount.canonical { .string("\($0)") })])))
        }
        if !allowances.isEmpty { fields.append(("allowances", .list(allowances.map(\.canonicalJSON)))) }
        if quantities != .everyToken {
            let members = [("minimum", CanonicalJSON.number(quantities.minimum)), ("step", .number(quantities.step))]
            fields.append(("quantities", .object(members)))
        }
        if rounding != .halfAwayFromZero { fields.append(("rounding", .string(rounding.rawValue))) }
        return .object(fields)
    }
}

extension Allowance {
    fileprivate var canonicalJSON: CanonicalJSON { .object(canonicalFields(span: true)) }

    /// - Parameter span: Whether to say how long it lasts; of a committed volume that goes without saying.
    func canonicalFields(span isTold: Bool) -> [(String, CanonicalJSON)] {
        var fields: [(String, CanonicalJSON)] = [("name", .string(name.text)), ("tokens", .number(tokens))]
        if isTold { fields.append(("per", .string(span.rawValue))) }
        fields.append(("order", .string(order.rawValue)))
        if !models.isEmpty { fields.append(("models", .list(models.map { .string($0.text) }))) }
        if classes != .all(true) { fields.append(("classes", classes.canonicalNames)) }
        return fields
    }
}
