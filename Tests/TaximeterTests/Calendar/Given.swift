@testable import Taximeter

/// A value of a test's own making that must be there; `#require` cannot stand inside `#require` or `#expect`.
func given<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw NotGiven() }
    return value
}

struct NotGiven: Error {}

/// An instant written in RFC 3339.
func instant(_ text: String) throws -> Instant { try given(Instant(rfc3339: text)) }
