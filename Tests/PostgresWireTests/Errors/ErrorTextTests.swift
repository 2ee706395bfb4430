import PostgresWire
import Testing

/// What an error says in a log, and what it says to whoever asks for all of it.
struct ErrorTextTests {
    @Test func aHeadlineHasKindStatePlaceAndMessage() {
        var error = PostgresError(.server, "it went wrong", sqlState: "42P01")
        #expect("\(error)" == "PostgreSQL server 42P01: it went wrong")
        error.commitOutcomeUnknown = true
        #expect("\(error)" == "PostgreSQL server 42P01: it went wrong (at COMMIT: the outcome is unknown)")
        #expect("\(PostgresError(.poolClosed, "the pool is closed"))" == "PostgreSQL poolClosed: the pool is closed")
    }

    @Test func everythingIsShownToWhoeverReflects() {
        var error = PostgresError(.server, "refused", sqlState: .uniqueViolation)
        (error.detail, error.hint, error.context, error.constraint) = ("Key (id)=(7)", "do", "COPY t, line 3", "t_pkey")
        #expect("\(error)" == "PostgreSQL server 23505: refused")
        #expect(
            String(reflecting: error)
                == "PostgreSQL server 23505: refused; detail: Key (id)=(7); hint: do; context: COPY t, line 3; "
                + "constraint: t_pkey")
    }

    @Test(arguments: [
        ("invalid input syntax for type integer: \"secret\"", "invalid input syntax for type integer: \"…\""),
        ("value \"9 \"secret\" 9\" is out of range for type integer", "value \"…\" is out of range for type integer"),
        ("one \" quote", "one \" quote"), ("division by zero", "division by zero"),
    ])
    func aValueIsCutOutOfADataException(message: String, shown: String) {
        #expect("\(PostgresError(.server, message, sqlState: "22P02"))" == "PostgreSQL server 22P02: \(shown)")
        // Names of tables and columns stay where no values stand.
        #expect("\(PostgresError(.server, message, sqlState: "42P01"))" == "PostgreSQL server 42P01: \(message)")
    }

    @Test func aBadStoredValueIsHidden() {
        let error = PostgresError.badValue("a currency", "secret")
        #expect(error.code == .decoding)
        #expect("\(error)" == "PostgreSQL decoding: a currency is stored as something that it cannot be")
        #expect(String(reflecting: error).contains("secret"))
    }
}
