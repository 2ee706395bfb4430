/// Cuts a stream of bytes into rows: at line ends, or, for CSV, at line ends outside quotes (RFC 4180).
///
/// The chunks' boundaries have no influence, and no byte is looked at twice. A row beyond the limit is not kept but
/// still read to its end; its quotes are obeyed all the same, so that text inside a quoted field is never taken for rows.
struct RowCutter {
    private enum State { case fieldStart, plain, quoted, quoteInQuotes }

    private static let newline = UInt8(ascii: "\n")

    private let obeysQuotes: Bool
    private let limit: Int
    private var chunk: [UInt8] = []
    private var position = 0
    private var hasBegun = false
    private var isFinished = false
    private var state = State.fieldStart
    private var lineEnds = 0

    /// The row that ``next()`` has cut.
    var row = Row()
    /// The line on which it begins, counted from 1.
    private(set) var line = 1
    /// Whether it has more bytes than the limit; ``row`` then holds its beginning.
    private(set) var isTooLong = false
    /// Whether ``row`` has been handed out.
    private var isHandedOut = false

    init(obeysQuotes: Bool, limit: Int) {
        self.obeysQuotes = obeysQuotes
        self.limit = limit
    }

    mutating func feed(_ bytes: [UInt8]) {
        if position == chunk.count {
            chunk = bytes
        } else {
            chunk.removeSubrange(..<position)
            chunk.append(contentsOf: bytes)
        }
        position = 0
    }

    mutating func finish() { isFinished = true }

    /// Cuts the next row; false when there is none before more bytes come. Rows without any byte are skipped.
    mutating func next() -> Bool {
        guard begin() else { return false }
        repeat {
            if isHandedOut { startRow() }
            let start = position
            let isWhole = scan()
            keep(chunk[start..<(isWhole ? position - 1 : position)])
            if !isWhole {
                isHandedOut = isFinished
                if isFinished { endRow() }
                return isFinished && !row.bytes.isEmpty
            }
            endRow()
            isHandedOut = true
        } while row.bytes.isEmpty
        return true
    }

    /// Skips the byte order mark, which takes three bytes to be told.
    private mutating func begin() -> Bool {
        if hasBegun { return true }
        guard chunk.count >= 3 || isFinished else { return false }
        hasBegun = true
        if chunk.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        return true
    }

    private mutating func startRow() {
        row.clear()
        line += lineEnds
        lineEnds = 0
        isTooLong = false
        state = .fieldStart
        isHandedOut = false
    }

    /// Keeps one byte beyond the limit, which may be the carriage return of a line end and is then no part of the row.
    private mutating func keep(_ piece: ArraySlice<UInt8>) {
        let room = limit + 1 - row.bytes.count
        isTooLong = isTooLong || piece.count > room
        row.append(piece.prefix(room))
    }

    private mutating func endRow() {
        if !isTooLong { row.removeLineEnd() }
        isTooLong = row.bytes.count > limit
    }

    /// Moves ``position`` behind the line end that ends the row, or to the end of the chunk.
    private mutating func scan() -> Bool {
        obeysQuotes ? scanRecord() : scanLine()
    }

    private mutating func scanLine() -> Bool {
        let end = Self.lineEnd(chunk.span, from: position)
        position = end.map { $0 + 1 } ?? chunk.count
        lineEnds += end == nil ? 0 : 1
        return end != nil
    }

    private static func lineEnd(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.count, bytes[index] != newline { index += 1 }
        return index < bytes.count ? index : nil
    }

    private mutating func scanRecord() -> Bool {
        var scan = RecordScan(index: position, state: state)
        scan.run(chunk.span)
        position = scan.index
        state = scan.state
        lineEnds += scan.lineEnds
        return scan.isWhole
    }

    /// Looks for the end of a CSV record.
    private struct RecordScan {
        var index: Int
        var state: State
        var lineEnds = 0
        var isWhole = false

        mutating func run(_ bytes: borrowing Span<UInt8>) {
            while index < bytes.count, !isWhole {
                let byte = bytes[index]
                index += 1
                switch (state, byte) {
                case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuotes
                case (.quoted, newline): lineEnds += 1
                case (.quoted, _): break
                case (_, newline): isWhole = true
                case (_, UInt8(ascii: ",")): state = .fieldStart
                case (.fieldStart, UInt8(ascii: "\"")), (.quoteInQuotes, UInt8(ascii: "\"")): state = .quoted
                default: state = .plain
                }
            }
            lineEnds += isWhole ? 1 : 0
        }
    }
}
