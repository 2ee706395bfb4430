/// How the rows of an event file are written; see docs/event-format.md.
public enum EventFormat: Sendable {
    /// One JSON object a line, with the fields of ``EventField``.
    case jsonLines
    /// CSV whose header names the fields of ``EventField``.
    case csv
    /// Any CSV, through a mapping of its columns.
    case mapped(EventMapping)
}

/// Reads events from a stream of bytes, row by row, in bounded memory: feed it chunks, take rows until there are no more.
///
/// Every row is answered: it is an event or a reversal, or it is rejected with a reason, and the rows after it are read
/// all the same.
public struct EventReader {
    /// The longest row, in bytes; a longer one is rejected.
    public static let maximumRowByteCount = 1 << 20

    private let format: EventFormat
    private var cutter: RowCutter
    private var builder = EventBuilder()
    private var header: CSVHeader?
    /// Why no row of the file can be read: what is wrong with its header.
    public private(set) var headerFault: RejectedRow?

    /// A reader for a file from its start.
    public init(_ format: EventFormat) {
        self.format = format
        let isCSV = if case .jsonLines = format { false } else { true }
        cutter = RowCutter(obeysQuotes: isCSV, limit: Self.maximumRowByteCount)
    }

    /// Gives it the next bytes of the file.
    public mutating func feed(_ bytes: [UInt8]) {
        // Behind a header at fault nothing is read, so nothing may be kept.
        if headerFault == nil { cutter.feed(bytes) }
    }

    /// Says that the file has ended.
    public mutating func finish() { cutter.finish() }

    /// The next row, or nil when more bytes are needed, or when the file has ended.
    ///
    /// When the header of a CSV cannot be understood, ``headerFault`` says why, and there are no rows.
    public mutating func next() -> EventRow? {
        while headerFault == nil, cutter.next() {
            if case .jsonLines = format { return row() }
            if header != nil { return row() }
            readHeader()
        }
        return nil
    }

    private mutating func readHeader() {
        do {
            try check()
            try CSVRecord.split(&cutter.row)
            switch format {
            case .jsonLines: break
            case .csv: header = try CSVHeader(events: cutter.row)
            case .mapped(let mapping): header = try CSVHeader(cutter.row, for: mapping)
            }
        } catch {
            headerFault = rejected(error)
        }
    }

    private mutating func row() -> EventRow {
        do {
            try check()
            let places = try places()
            if let reversal = try builder.reversal(cutter.row, places) {
                return .reversal(reversal, line: cutter.line)
            }
            return .event(try builder.event(cutter.row, places), line: cutter.line)
        } catch {
            return .rejected(rejected(error))
        }
    }

    private func check() throws(RejectReason) {
        if cutter.isTooLong {
            throw RejectReason(.rowTooLong, expected: "at most \(Self.maximumRowByteCount) bytes")
        }
        try cutter.row.checkText()
    }

    /// Where the fields of the row stand.
    private mutating func places() throws(RejectReason) -> EventBuilder.Places {
        guard let header else { return try JSONObjectScanner<EventField>.places(&cutter.row) }
        try CSVRecord.split(&cutter.row)
        guard cutter.row.fields.count == header.columns.count else {
            throw RejectReason(
                .fieldCount, found: "\(cutter.row.fields.count) fields",
                expected: "\(header.columns.count), as in the header")
        }
        if case .mapped(let mapping) = format {
            return try mapping.places(&cutter.row, header, line: cutter.line)
        }
        var places = EventBuilder.noPlaces
        for (field, place) in zip(header.fields, cutter.row.fields) where !place.isEmpty {
            places[field.rawValue] = place
        }
        return places
    }

    private func rejected(_ reason: RejectReason) -> RejectedRow {
        let (text, isCut) = shortened(cutter.row.raw, to: RejectedRow.shownByteCount)
        return RejectedRow(line: cutter.line, reason: reason, text: text, isCut: isCut || cutter.isTooLong)
    }
}

/// The header of a CSV file.
struct CSVHeader {
    /// The columns' names.
    let columns: [String]
    /// For a file in the event format, the field of each column; empty for a mapped one.
    let fields: [EventField]
    /// For a mapped file, where each column stands; empty for one in the event format.
    let indices: [String: Int]

    /// The header of a file in the event format.
    init(events row: Row) throws(RejectReason) {
        columns = row.fields.map { String(decoding: row.bytes[$0], as: UTF8.self) }
        var fields: [EventField] = []
        for column in columns {
            guard let field = EventField(name: column) else {
                throw .unknownField(column, among: EventField.allCases.map(\.name))
            }
            if fields.contains(field) { throw RejectReason(.duplicateField, field, expected: "each column once") }
            fields.append(field)
        }
        // A file of reversals alone needs no columns for usage.
        let required = fields.contains(.reverses) ? [.account] : EventField.allCases.filter(\.isRequired)
        for field in required where !fields.contains(field) {
            throw RejectReason(.missingField, field, expected: "a column of that name: the field is required")
        }
        if !fields.contains(.reverses), !fields.contains(where: \.isTokenCount) {
            throw RejectReason(.noTokenField, expected: "at least one column that counts tokens")
        }
        self.fields = fields
        indices = [:]
    }

    /// The header of a file that is read through a mapping.
    init(_ row: Row, for mapping: EventMapping) throws(RejectReason) {
        columns = row.fields.map { String(decoding: row.bytes[$0], as: UTF8.self) }
        fields = []
        var indices: [String: Int] = [:]
        var duplicate: String?
        for (index, column) in columns.enumerated() where indices.updateValue(index, forKey: column) != nil {
            duplicate = duplicate ?? column
        }
        self.indices = indices
        for column in mapping.columns where indices[column] == nil {
            let near = suggestion(for: column, among: columns).map { "; did you mean \($0)?" } ?? ""
            throw RejectReason(
                .missingField, field: column,
                expected: "a column of that name, which the mapping uses\(near)")
        }
        if let duplicate { throw RejectReason(.duplicateField, field: duplicate, expected: "each column once") }
    }
}
