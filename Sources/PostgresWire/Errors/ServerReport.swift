import CLibPQ

/// The fields of an ERROR or NOTICE, read from libpq's result.
struct ServerReport {
    let result: OpaquePointer

    private func field(_ code: Int) -> String? {
        PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
    }

    var severity: String? { field(TAXIMETER_DIAG_SEVERITY) }
    private var sqlState: SQLState? { field(TAXIMETER_DIAG_SQLSTATE).map { SQLState($0) } }
    private var message: String {
        field(TAXIMETER_DIAG_MESSAGE) ?? trimmed(String(cString: PQresultErrorMessage(result)))
    }

    /// The 1-based place in the text that was sent, in characters.
    var position: Int? { field(TAXIMETER_DIAG_POSITION).flatMap { Int($0) } }

    /// The error. FATAL and PANIC end the session; without a severity it is libpq that speaks, of a lost connection.
    var error: PostgresError {
        let lost = severity.map { ["FATAL", "PANIC"].contains($0) } ?? true
        var error = PostgresError(lost ? .connectionLost : .server, message, sqlState: sqlState)
        error.detail = field(TAXIMETER_DIAG_DETAIL)
        error.hint = field(TAXIMETER_DIAG_HINT)
        error.context = field(TAXIMETER_DIAG_CONTEXT)
        error.constraint = field(TAXIMETER_DIAG_CONSTRAINT)
        return error
    }

    var notice: PostgresNotice {
        PostgresNotice(
            severity: severity ?? "NOTICE", sqlState: sqlState, message: message,
            detail: field(TAXIMETER_DIAG_DETAIL), hint: field(TAXIMETER_DIAG_HINT))
    }
}

/// libpq ends its messages with a line feed.
func trimmed(_ text: String) -> String {
    String(text.reversed().drop { $0.isNewline || $0 == " " }.reversed())
}
