/// What is said when an invoice is voided.
public enum VoidDocument {
    /// Number, reason and time as canonical JSON: what the link in the account's chain is the hash of.
    public static func text(number: String, reason: String, at instant: Instant) -> String {
        CanonicalJSON.object([
            ("document", .string("taximeter-void/1")), ("number", .string(number)), ("reason", .string(reason)),
            ("voided_at", .string("\(instant)")),
        ]).text
    }
}
