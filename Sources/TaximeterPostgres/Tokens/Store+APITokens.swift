import PostgresWire
public import Taximeter

extension Store {
    /// Makes a token for the HTTP sidecar.
    ///
    /// - Returns: The token, and its text, which is nowhere stored and cannot be read again.
    public func makeToken(
        named name: Identifier, scopes: Set<TokenScope>, account: Identifier? = nil, at now: Instant,
        expiresAt: Instant? = nil
    ) throws -> (token: APIToken, text: String) {
        if scopes.isEmpty { throw StoreError(.token, "a token needs at least one scope") }
        if let expiresAt, expiresAt <= now {
            throw StoreError(.token, "a token cannot expire at \(expiresAt), before it is made")
        }
        let (stored, text) = TokenText.random()
        let token = APIToken(
            id: stored.id, name: name, scopes: scopes, account: account, createdAt: now, expiresAt: expiresAt)
        _ = try transaction(as: .biller) { try $0.execute(InsertToken.sql(token, hash: stored.hash)) }
        return (token, text)
    }

    /// All tokens, revoked ones too, in the order of their making.
    public func tokens() throws -> [APIToken] { try transaction(as: .biller) { try $0.query(ReadTokens()) } }

    /// Makes a token good for nothing; again does nothing.
    ///
    /// - Throws: ``StoreError`` where there is no such token.
    public func revokeToken(_ id: String, at now: Instant) throws {
        let known = try transaction(as: .biller) { try $0.query(RevokeToken(id: id, now: now)) }
        if known.isEmpty { throw StoreError(.token, "there is no token \(id): taximeter token list shows them") }
    }

    /// What tells callers: the tokens that are not revoked, by their ids.
    public func tokenHashes() throws -> [String: TokenHash] {
        let rows = try transaction(as: .writer) { try $0.query(ReadTokenHashes()) }
        return Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
    }
}

/// What has to be known of a token to tell whether a caller may do what it asks for.
public struct TokenHash: Sendable, Hashable {
    /// The token's id.
    public let id: String
    /// SHA-256 of its secret.
    public let hash: [UInt8]
    /// What it may be used for.
    public let scopes: Set<TokenScope>
    /// The only account that it is good for; nil for all.
    public let account: Identifier?
    /// From when it is good no longer; nil for never.
    public let expiresAt: Instant?
}

/// Stores a token, without its secret.
enum InsertToken {
    static func sql(_ token: APIToken, hash: [UInt8]) -> SQL {
        """
        INSERT INTO taximeter.api_token (id, hash, name, scopes, account, created_at, expires_at)
        VALUES (\(token.id), \(hash), \(token.name.text), \(token.scopes.map(\.rawValue).sorted()), \
        \(token.account?.text), \(token.createdAt), \(token.expiresAt.map(Timestamp.init)))
        """
    }
}

/// All tokens, without their hashes.
struct ReadTokens: Statement {
    var sql: SQL {
        """
        SELECT id, name, scopes, account, created_at, expires_at, revoked_at FROM taximeter.api_token
        ORDER BY created_at, id
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> APIToken {
        APIToken(
            id: try row.get(0), name: try row.identifier(1), scopes: try row.scopes(2),
            account: try row.optionalIdentifier(3), createdAt: try row.instant(4),
            expiresAt: try row.optionalInstant(5), revokedAt: try row.optionalInstant(6))
    }
}

/// The hashes of the tokens that are not revoked.
struct ReadTokenHashes: Statement {
    var sql: SQL { "SELECT id, hash, scopes, account, expires_at FROM taximeter.api_token WHERE revoked_at IS NULL" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> TokenHash {
        TokenHash(
            id: try row.get(0), hash: try row.get(1), scopes: try row.scopes(2),
            account: try row.optionalIdentifier(3), expiresAt: try row.optionalInstant(4))
    }
}

/// Revokes a token, and tells whether there is one.
struct RevokeToken: Statement {
    let id: String
    let now: Instant

    var sql: SQL {
        """
        UPDATE taximeter.api_token SET revoked_at = coalesce(revoked_at, \(now)) WHERE id = \(id) RETURNING id
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}

extension ResultRow {
    /// Scopes, without those that only a later version knows.
    fileprivate func scopes(_ column: Int) throws(PostgresError) -> Set<TokenScope> {
        Set(try get(column, as: [String].self).compactMap(TokenScope.init))
    }
}
