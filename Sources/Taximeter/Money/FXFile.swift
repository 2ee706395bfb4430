/// A file of exchange rates: CSV with the columns `base`, `quote`, `day`, `rate` and `source`.
public struct FXFile: Sendable {
    /// The file's name, for messages.
    public let file: String
    /// The rates, in the order of the file.
    public let rates: [FXRate]
    /// The line of each.
    public let lines: [Int]

    private static let columns = ["base", "quote", "day", "rate", "source"]

    /// Reads a file.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> FXFile {
        let reader = FileReader(file: file, diagnostics: [])
        var rates: [FXRate] = []
        var lines: [Int] = []
        var known: [String: Int] = [:]
        for record in reader.csvRecords(text) {
            guard let rate = rate(record, reader) else { continue }
            let key = "\(rate.base)/\(rate.quote)/\(rate.day)"
            if let line = known.updateValue(record.line, forKey: key) {
                reader.report(
                    record, found: "\(rate.base) to \(rate.quote) on \(rate.day)",
                    expected: "one rate for it, as in line \(line)")
            }
            rates.append(rate)
            lines.append(record.line)
        }
        if !reader.diagnostics.isEmpty { throw FileErrors(reader.diagnostics) }
        return FXFile(file: file, rates: rates, lines: lines)
    }

    private static func rate(_ record: FileNode, _ reader: FileReader) -> FXRate? {
        guard let fields = reader.fields(record, keys: columns) else { return nil }
        func field(_ key: String, _ expected: String) -> FileNode? {
            reader.required(fields, key, expected: expected)
        }
        let code = "an ISO 4217 code, such as USD"
        let base = reader.value(field("base", code), expected: code) { Currency(code: $0) }
        let quote = reader.value(field("quote", code), expected: code) { Currency(code: $0) }
        let date = "a day, such as 2025-02-28"
        let day = reader.value(field("day", date), expected: date) { CivilDate(iso8601: $0) }
        let decimal = "a decimal above 0 with at most \(Money.decimals) decimals"
        let number = reader.value(field("rate", decimal), expected: decimal) { text in
            (try? Money(text, .usd)).flatMap { $0.units > 0 ? $0.units : nil }
        }
        let source = reader.identifier(field("source", "who published it, such as ECB"))
        guard let base, let quote, let day, let number, let source else { return nil }
        if base == quote { reader.report(fields["quote"] ?? record, expected: "another currency than base") }
        return FXRate(base: base, day: day, rate: Money(units: number, quote), source: source)
    }
}
