/// The fields of a format of one JSON object a line.
protocol RowField: CaseIterable, RawRepresentable<Int> {
    /// The name in files.
    var name: String { get }
    /// What its value is.
    var kind: RowFieldKind { get }
    /// Whether members of other names are passed over; else they are refused.
    static var skipsUnknown: Bool { get }
}

extension RowField {
    static var skipsUnknown: Bool { false }
}

/// What the value of a field is.
enum RowFieldKind {
    /// A text in quotes.
    case text
    /// A whole number.
    case count
    /// A text or a whole number, kept as it is written, quotes included.
    case label
    /// A whole number, in quotes or not.
    case quotableCount
    /// A list of texts; its place holds them one after the other, each behind a NUL byte.
    case texts
    /// An object; its place is all of it, braces included.
    case object
}

/// Reads one JSON object (RFC 8259) whose members are the fields of a format.
struct JSONObjectScanner<Field: RowField> {
    private var index: Int
    private let end: Int
    private var places = [Range<Int>?](repeating: nil, count: Field.allCases.count)
    private var seen = [Bool](repeating: false, count: Field.allCases.count)

    private init(_ range: Range<Int>) {
        index = range.lowerBound
        end = range.upperBound
    }

    /// Where the fields stand in a row. Texts with escapes are spelt out behind it.
    ///
    /// - Parameter label: The place of the label, also where something behind it is at fault.
    static func places(_ row: inout Row, label: inout Range<Int>?) throws(RejectReason) -> [Range<Int>?] {
        var scanner = JSONObjectScanner(0..<row.rawCount)
        defer {
            for field in Field.allCases where field.kind == .label { label = scanner.places[field.rawValue] }
        }
        try scanner.object(&row)
        return scanner.places
    }

    /// Where the fields of a format without a label stand.
    static func places(_ row: inout Row) throws(RejectReason) -> [Range<Int>?] {
        var none: Range<Int>?
        return try places(&row, label: &none)
    }

    /// Where the fields of an object stand that is the value of another one's field.
    static func places(_ row: inout Row, in object: Range<Int>) throws(RejectReason) -> [Range<Int>?] {
        var scanner = JSONObjectScanner(object)
        try scanner.object(&row)
        return scanner.places
    }

    private mutating func object(_ row: inout Row) throws(RejectReason) {
        skipSpace(row)
        try expect("{", row)
        skipSpace(row)
        if peek(row) == UInt8(ascii: "}") {
            index += 1
        } else {
            while true {
                try member(&row)
                skipSpace(row)
                guard let byte = peek(row) else { throw malformed("the object to be closed with }") }
                index += 1
                if byte == UInt8(ascii: "}") { break }
                if byte != UInt8(ascii: ",") { throw malformed("a comma or } between members") }
                skipSpace(row)
            }
        }
        skipSpace(row)
        if index < end { throw malformed("nothing behind the object") }
    }

    private mutating func member(_ row: inout Row) throws(RejectReason) {
        guard peek(row) == UInt8(ascii: "\"") else { throw malformed("a member's name in quotes") }
        let name = try string(&row)
        skipSpace(row)
        try expect(":", row)
        skipSpace(row)
        guard let field = Field.allCases.first(where: { row.holds($0.name.utf8, at: name) }) else {
            if Field.skipsUnknown { return try skipValue(&row) }
            throw .unknownField(row.shown(name), among: Field.allCases.map(\.name))
        }
        if seen[field.rawValue] {
            throw RejectReason(.duplicateField, field: field.name, expected: "the field once")
        }
        seen[field.rawValue] = true
        places[field.rawValue] = try value(of: field, &row)
    }

    /// The place of a value; nil for `null`, which stands for a field that is left out.
    private mutating func value(of field: Field, _ row: inout Row) throws(RejectReason) -> Range<Int>? {
        let start = index
        if peek(row) == UInt8(ascii: "\"") {
            let place = try string(&row)
            switch field.kind {
            case .text, .quotableCount: return place.isEmpty ? nil : place
            case .label: return start..<index
            case .count, .texts, .object: throw wrongKind(field, row, start)
            }
        }
        if field.kind == .object, peek(row) == UInt8(ascii: "{") {
            try skipValue(&row)
            return start..<index
        }
        if field.kind == .texts, peek(row) == UInt8(ascii: "[") { return try list(field, &row) }
        while let byte = peek(row), !Self.endsValue(byte) { index += 1 }
        let place = start..<index
        if row.holds("null".utf8, at: place) { return nil }
        switch field.kind {
        case .count where !place.isEmpty, .quotableCount where !place.isEmpty: return place
        case .label where Self.isWholeNumber(row.bytes[place]): return place
        default: throw wrongKind(field, row, start)
        }
    }

    /// Passes over a value of any kind, as far as brackets and quotes tell where it ends.
    private mutating func skipValue(_ row: inout Row) throws(RejectReason) {
        var depth = 0
        while let byte = peek(row) {
            if depth == 0, Self.endsValue(byte) { return }
            switch byte {
            case UInt8(ascii: "\""):
                _ = try string(&row)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
        }
        if depth > 0 { throw malformed("the value to be closed") }
    }

    /// A list of texts, spelt out behind the row.
    private mutating func list(_ field: Field, _ row: inout Row) throws(RejectReason) -> Range<Int>? {
        let start = index
        index += 1
        var texts: [UInt8] = []
        skipSpace(row)
        while peek(row) != UInt8(ascii: "]") {
            if !texts.isEmpty {
                try expect(",", row)
                skipSpace(row)
            }
            guard peek(row) == UInt8(ascii: "\"") else { throw wrongKind(field, row, start) }
            texts.append(0)
            texts += row.bytes[try string(&row)]
            skipSpace(row)
        }
        index += 1
        return texts.isEmpty ? nil : row.spell(texts)
    }

    /// Whether it is a whole number as JSON writes one, of any size: it is handed on as it is written.
    private static func isWholeNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes
        return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
            && (digits.count == 1 || digits.first != UInt8(ascii: "0"))
    }

    private static func endsValue(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || isSpace(byte)
    }

    private func wrongKind(_ field: Field, _ row: Row, _ start: Int) -> RejectReason {
        let expected =
            switch field.kind {
            case .text: "a text in quotes"
            case .count: "a whole number, without quotes"
            case .quotableCount: "a whole number"
            case .object: "an object"
            case .label: "a text in quotes or a whole number"
            case .texts: "a list of texts in quotes"
            }
        return RejectReason(
            .invalidValue, field: field.name, found: row.shown(start..<index), expected: expected)
    }

    // MARK: Strings

    /// Reads a string; its place is inside the quotes, or behind the row where it has escapes.
    private mutating func string(_ row: inout Row) throws(RejectReason) -> Range<Int> {
        index += 1
        let start = index
        var spelt: [UInt8] = []
        var pieceStart = start
        while let byte = peek(row) {
            if byte == UInt8(ascii: "\"") {
                let end = index
                index += 1
                return pieceStart == start ? start..<end : row.spell(spelt + row.bytes[pieceStart..<end])
            }
            if byte < 0x20 { throw malformed("no control character inside a string") }
            index += 1
            if byte == UInt8(ascii: "\\") {
                spelt += row.bytes[pieceStart..<index - 1]
                spelt += try escape(row)
                pieceStart = index
            }
        }
        throw malformed("the string to be closed with a quote")
    }

    /// Reads what follows a backslash.
    private mutating func escape(_ row: Row) throws(RejectReason) -> [UInt8] {
        guard let byte = peek(row) else { throw malformed("an escape behind the backslash") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return try unicodeEscape(row)
        default: throw malformed("an escape of JSON behind the backslash")
        }
    }

    private mutating func unicodeEscape(_ row: Row) throws(RejectReason) -> [UInt8] {
        var scalar = try hexadecimal(row)
        if (0xD800..<0xDC00).contains(scalar), peek(row) == UInt8(ascii: "\\"), index + 1 < end,
            row.bytes[index + 1] == UInt8(ascii: "u")
        {
            index += 2
            let low = try hexadecimal(row)
            guard (0xDC00..<0xE000).contains(low) else { throw malformed("the second half of a surrogate pair") }
            scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        }
        if scalar == 0 { throw RejectReason(.containsNUL, expected: "no NUL byte") }
        guard let character = Unicode.Scalar(scalar) else { throw malformed("both halves of a surrogate pair") }
        return Array(String(character).utf8)
    }

    private mutating func hexadecimal(_ row: Row) throws(RejectReason) -> UInt32 {
        guard index + 4 <= end else { throw malformed("four hexadecimal digits behind \\u") }
        var value: UInt32 = 0
        for byte in row.bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("four hexadecimal digits behind \\u")
            }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }

    // MARK: Bytes

    private func peek(_ row: Row) -> UInt8? { index < end ? row.bytes[index] : nil }

    private mutating func skipSpace(_ row: Row) {
        while let byte = peek(row), Self.isSpace(byte) { index += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private mutating func expect(_ character: Unicode.Scalar, _ row: Row) throws(RejectReason) {
        guard peek(row) == UInt8(ascii: character) else {
            throw malformed(index == 0 || character == "{" ? "one JSON object a line" : "a \(character)")
        }
        index += 1
    }

    private func malformed(_ expected: String) -> RejectReason { RejectReason(.malformed, expected: expected) }
}

extension RejectReason {
    /// A field that the format does not have, with the known one that it looks like.
    static func unknownField(_ name: String, among names: [String]) -> RejectReason {
        let near = suggestion(for: name, among: names).map { "; did you mean \($0)?" } ?? ""
        return RejectReason(.unknownField, field: name, expected: "one of \(names.joined(separator: ", "))\(near)")
    }
}
