/// Why one row of an event file was not accepted: what is wrong, where, with what value, and what was expected.
public struct RejectReason: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault. New kinds may be added; a stored code keeps its meaning.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code as it stands in a rejects file, such as `unknown_field`.
        public let name: String

        /// More bytes than the reader's limit for one row.
        public static let rowTooLong = Code(name: "row_too_long")
        /// Contains a NUL byte.
        public static let containsNUL = Code(name: "contains_nul")
        /// Is not UTF-8.
        public static let invalidUTF8 = Code(name: "invalid_utf8")
        /// Is not one flat JSON object, or not a CSV record.
        public static let malformed = Code(name: "malformed")
        /// A CSV record has more or fewer fields than the header.
        public static let fieldCount = Code(name: "field_count")
        /// A field that the format does not have.
        public static let unknownField = Code(name: "unknown_field")
        /// A field that the row has already.
        public static let duplicateField = Code(name: "duplicate_field")
        /// A field that has no meaning beside another one of the row.
        public static let unexpectedField = Code(name: "unexpected_field")
        /// A required field is left out or empty.
        public static let missingField = Code(name: "missing_field")
        /// The row counts no tokens at all.
        public static let noTokenField = Code(name: "no_token_field")
        /// A field's value cannot be read as what the field holds.
        public static let invalidValue = Code(name: "invalid_value")
        /// A field's value can be read, but lies outside the limits of a usage event.
        public static let outOfRange = Code(name: "out_of_range")
        /// A mapping's lookup has no entry for the column's value.
        public static let noLookupEntry = Code(name: "no_lookup_entry")

        /// The code's name.
        public var description: String { name }
    }

    /// The kind of fault.
    public let code: Code
    /// The field or column at fault; nil when the fault is the row's.
    public let field: String?
    /// What was found, shortened when long; nil when there is nothing to show.
    public let found: String?
    /// What was expected, as the end of the phrase "expected …".
    public let expected: String

    init(_ code: Code, field: String? = nil, found: String? = nil, expected: String) {
        self.code = code
        self.field = field
        self.found = found
        self.expected = expected
    }

    init(_ code: Code, _ field: EventField, found: String? = nil, expected: String) {
        self.init(code, field: field.name, found: found, expected: expected)
    }

    init(_ invalid: UsageEvent.Invalid) {
        self.init(.outOfRange, invalid.field, found: invalid.value, expected: invalid.expectation)
    }

    /// One line: `invalid_value: output_tokens is "1.0"; expected a whole number`.
    public var description: String {
        let place = field.map { EventField(name: $0) == nil ? quoted($0) : $0 } ?? "the row"
        let value = found.map { " is \(quoted($0))" } ?? ""
        return "\(code): \(place)\(value); expected \(expected)"
    }
}

/// A text between quotes on one line: what comes from a file may hold line ends and terminal controls.
func quoted(_ text: String) -> String {
    var line = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\":
            line += "\\"
            line.unicodeScalars.append(scalar)
        case _ where scalar.properties.generalCategory == .control: line += scalar.escaped(asASCII: true)
        default: line.unicodeScalars.append(scalar)
        }
    }
    return line + "\""
}
