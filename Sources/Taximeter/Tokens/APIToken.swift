/// What a token may be used for.
public enum TokenScope: String, Sendable, Hashable, CaseIterable {
    /// To give usage events.
    case ingest
    /// To read balances.
    case balance
    /// To hold, settle and release amounts.
    case reserve
    /// To ask for prices.
    case quote
    /// To read the sidecar's own metrics.
    case metrics
    /// To see the report: what everybody owes and everything costs.
    case report
}

/// Who may call the HTTP sidecar, and what for, as it is stored: without its secret.
public struct APIToken: Sendable, Hashable {
    /// What tells it from others; the part of its text that is no secret.
    public let id: String
    /// What its maker calls it.
    public let name: Identifier
    /// What it may be used for.
    public let scopes: Set<TokenScope>
    /// The only account that it is good for; nil for all.
    public let account: Identifier?
    /// When it was made.
    public let createdAt: Instant
    /// From when it is good no longer; nil for never.
    public let expiresAt: Instant?
    /// From when it is good no longer because somebody said so.
    public let revokedAt: Instant?

    /// A token.
    public init(
        id: String, name: Identifier, scopes: Set<TokenScope>, account: Identifier?, createdAt: Instant,
        expiresAt: Instant?, revokedAt: Instant? = nil
    ) {
        self.id = id
        self.name = name
        self.scopes = scopes
        self.account = account
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}
