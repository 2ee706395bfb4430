/// A message that the server sends besides its answer: NOTICE, WARNING, INFO, LOG, DEBUG.
public struct PostgresNotice: Sendable, Hashable {
    /// `NOTICE`, `WARNING`, …: never translated.
    public var severity: String
    /// The state; `00000` for most notices.
    public var sqlState: SQLState?
    /// What the server says. It may quote values.
    public var message: String
    /// The server's DETAIL.
    public var detail: String?
    /// The server's HINT.
    public var hint: String?
}
