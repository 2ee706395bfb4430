/// Quotes cases, one JSON object a line, each by itself and in their order: one result a line for each.
///
/// A case is priced as the first usage of its billing period. Results carry exact decimal strings; see docs/quoting.md.
public struct BatchQuoter {
    /// What became of the cases so far.
    public struct Counts: Sendable, Hashable {
        /// Cases with a price.
        public internal(set) var priced = 0
        /// Cases that have none.
        public internal(set) var unpriced = 0
        /// Lines that are no case.
        public internal(set) var errors = 0
    }

    /// What became of the cases so far.
    public private(set) var counts = Counts()

    private let rater: PeriodRater
    private let counted: PeriodCounts
    private var cutter = RowCutter(obeysQuotes: false, limit: EventReader.maximumRowByteCount)
    private var builder: QuoteBuilder
    private var lines: RatingLines
    private var writer: QuoteWriter

    /// A quoter by the book of a rater.
    ///
    /// - Parameter counted: Tokens that each volume counter of the book has before a case.
    public init(_ rater: PeriodRater, counted: PeriodCounts = PeriodCounts()) {
        self.rater = rater
        self.counted = counted
        builder = QuoteBuilder(rater.rater.book.ratingInstant)
        lines = RatingLines(rater.rater)
        writer = QuoteWriter(rater.rater.book)
    }

    /// Gives it the next bytes of the cases.
    public mutating func feed(_ bytes: [UInt8]) { cutter.feed(bytes) }

    /// Says that the cases have ended.
    public mutating func finish() { cutter.finish() }

    /// Quotes all cases that are there whole, and appends a line of JSON for each.
    public mutating func quote(into output: inout [UInt8]) {
        while cutter.next() { quote(&output) }
    }

    private mutating func quote(_ output: inout [UInt8]) {
        var id: Range<Int>?
        do {
            if cutter.isTooLong {
                throw RejectReason(.rowTooLong, expected: "at most \(EventReader.maximumRowByteCount) bytes")
            }
            try cutter.row.checkText()
            let places = try JSONObjectScanner<QuoteField>.places(&cutter.row)
            id = places[QuoteField.id.rawValue]
            let usage = lines.usage(try builder.usage(cutter.row, places))
            let explanation = try rater.explain(usage, counted: counted)
            writer.append(explanation, id: id.map { cutter.row.bytes[$0] }, to: &output)
            if case .priced = explanation.rating { counts.priced += 1 } else { counts.unpriced += 1 }
        } catch {
            counts.errors += 1
            let reason = (error as? RejectReason)?.description ?? "\(error)"
            writer.append(error: "line \(cutter.line): \(reason)", id: id.map { cutter.row.bytes[$0] }, to: &output)
        }
    }
}
