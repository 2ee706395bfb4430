/// What somebody else says a month came to: published totals, or a supplier's invoice; read from YAML or JSON.
///
/// docs/reconcile.md has the format.
public struct ExpectedFigures: Sendable, Hashable {
    /// The figures, in the order of the file.
    public let figures: [ExpectedFigure]

    /// Reads a file.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it, by file, line and column.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> ExpectedFigures {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let figures = source.root.flatMap(reader.expectedFigures)
        guard let figures, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return ExpectedFigures(figures: figures)
    }
}

extension FileReader {
    /// `{expected: […]}`.
    func expectedFigures(_ node: FileNode) -> [ExpectedFigure]? {
        guard let top = fields(node, keys: ["expected"]) else { return nil }
        return required(top, "expected", expected: "a list of figures").flatMap {
            list($0, expected: "a list of figures")
        }?.compactMap(expectedFigure)
    }

    private func expectedFigure(_ node: FileNode) -> ExpectedFigure? {
        let keys = ["figure", "value", "from", "until", "model", "pool", "gpu", "currency", "tolerance", "source"]
        guard let members = fields(node, keys: keys) else { return nil }
        let kinds = ExpectedFigure.Kind.allCases.map { ($0.rawValue, $0) }
        let kind = word(required(members, "figure", expected: "what the value counts"), kinds)
        let amount = decimal(required(members, "value", expected: "the figure, as a decimal"))
        let from = hour(members["from"])
        let until = hour(members["until"])
        let currency = value(members["currency"], expected: "an ISO 4217 currency code") { Currency(code: $0) }
        let tolerance = value(members["tolerance"], expected: "a decimal such as 1575, or a percentage such as 0.1%") {
            ExpectedFigure.Tolerance($0)
        }
        let model = identifier(members["model"])
        let pool = identifier(members["pool"])
        let gpu = identifier(members["gpu"])
        guard let kind, let amount else { return nil }
        if kind.isMoney != (members["currency"] != nil) {
            report(
                node, missing: "currency", found: kind.isMoney ? "nothing" : "a currency",
                expected: kind.isMoney ? "the currency of the amount" : "none, for this is no amount")
        }
        if kind.isOfGPUs, members["model"] != nil {
            report(
                node, missing: "model", found: "a model", expected: "a pool, or neither, for this is a figure of GPUs")
        }
        for key in ["pool", "gpu"] where !kind.isOfGPUs && members[key] != nil {
            report(
                node, missing: key, found: "a \(key)", expected: "a model, or neither, for this is a figure of usage")
        }
        if let from, let until, until <= from {
            report(node, missing: "until", found: "\(until)", expected: "an hour after \(from)")
        }
        return ExpectedFigure(
            kind: kind, value: amount, from: from, until: until, model: model, pool: pool, gpu: gpu, currency: currency,
            tolerance: tolerance ?? .none, source: members["source"]?.text ?? "")
    }

    /// A whole hour.
    func hour(_ node: FileNode?) -> Instant? {
        value(node, expected: "a whole UTC hour, such as 2025-02-27T04:00:00Z") { text in
            Instant(rfc3339: text).flatMap { $0 == $0.startOfHour ? $0 : nil }
        }
    }

    /// A quantity or an amount.
    func decimal(_ node: FileNode?) -> Int128? {
        value(node, expected: "a decimal of 0 or more with at most 18 decimals") { text in
            (try? DecimalText.units(text, decimals: Money.decimals)).flatMap { $0 >= 0 ? $0 : nil }
        }
    }
}
