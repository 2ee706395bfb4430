/// Reads the events of one document, such as the body of a request. Every element is answered as in ``EventReader``; its
/// line is its place, counted from 1.
public struct EventBody {
    /// How a document is written.
    public enum Form: Sendable, CaseIterable {
        /// One object of the event format, or an array of them.
        case json
        /// The same, one object a line.
        case jsonLines
        /// A CloudEvent in JSON, or an array of them.
        case cloudEvents
    }

    private let form: Form
    private let receivedAt: Instant
    private var builder = EventBuilder()
    private var row = Row()

    /// Reads all elements of a document.
    ///
    /// - Parameter receivedAt: Stands for the time of CloudEvents that have none.
    /// - Throws: ``RejectReason`` when the document cannot be cut into elements: then nothing of it can be trusted.
    public static func read(
        _ bytes: [UInt8], as form: Form, receivedAt: Instant
    ) throws(RejectReason) -> [EventRow] {
        if form == .jsonLines {
            var reader = EventReader(.jsonLines)
            reader.feed(bytes)
            reader.finish()
            var rows: [EventRow] = []
            while let row = reader.next() { rows.append(row) }
            return rows
        }
        var body = EventBody(form: form, receivedAt: receivedAt)
        var cutter = JSONElementCutter(bytes)
        var rows: [EventRow] = []
        while let place = try cutter.next() { rows.append(body.read(bytes[place], at: rows.count + 1)) }
        return rows
    }

    private init(form: Form, receivedAt: Instant) {
        self.form = form
        self.receivedAt = receivedAt
    }

    private mutating func places() throws(RejectReason) -> EventBuilder.Places {
        if form == .cloudEvents { return try CloudEventMapping.places(&row, receivedAt: receivedAt) }
        return try JSONObjectScanner<EventField>.places(&row)
    }

    private mutating func read(_ element: ArraySlice<UInt8>, at line: Int) -> EventRow {
        row.clear()
        row.append(element.prefix(EventReader.maximumRowByteCount))
        let isCut = element.count > EventReader.maximumRowByteCount
        do throws(RejectReason) {
            if isCut {
                throw RejectReason(.rowTooLong, expected: "at most \(EventReader.maximumRowByteCount) bytes")
            }
            try row.checkText()
            let places = try places()
            if let reversal = try builder.reversal(row, places) { return .reversal(reversal, line: line) }
            return .event(try builder.event(row, places), line: line)
        } catch {
            let (text, isShortened) = shortened(row.raw, to: RejectedRow.shownByteCount)
            return .rejected(RejectedRow(line: line, reason: error, text: text, isCut: isShortened || isCut))
        }
    }
}
