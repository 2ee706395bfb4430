import Foundation
import Synchronization
import Taximeter
import TaximeterPostgres

/// Tells callers by their tokens, from memory: the tokens are read again every few seconds, and when one is not known.
final class Authenticator: Sendable {
    private struct State {
        var tokens: [String: TokenHash] = [:]
        var readAt: ContinuousClock.Instant?
        var triedAt: ContinuousClock.Instant?
    }

    /// How often the tokens are read: for so long a revoked one may still be good.
    static let interval = Duration.seconds(2)
    /// For how long tokens are good while the store cannot be asked.
    static let maximumAge = Duration.seconds(30)
    /// How often they are read at the most because of one that is not known.
    private static let minimumInterval = Duration.milliseconds(100)

    private let store: Store
    private let state = Mutex(State())

    init(_ store: Store) { self.store = store }

    /// Reads the tokens. Blocks.
    func refresh() throws {
        let now = ContinuousClock.now
        state.withLock { $0.triedAt = now }
        let tokens = try store.tokenHashes()
        state.withLock { state in
            state.tokens = tokens
            state.readAt = now
        }
    }

    /// The token of an `Authorization` field; nil where it names none that is good.
    ///
    /// - Parameter acceptsBasic: Whether a browser may send the token as a password.
    /// - Throws: ``Unknown`` when the tokens were not read for too long; what the store throws.
    func token(
        authorization: String?, acceptsBasic: Bool,
        blocking: (@escaping @Sendable () throws -> Void) async throws -> Void
    ) async throws -> TokenHash? {
        guard let text = authorization.flatMap({ Self.credentials($0, acceptsBasic: acceptsBasic) }),
            let presented = TokenText(text)
        else { return nil }
        let asked = ContinuousClock.now
        var known = state.withLock { $0.tokens[presented.id] }
        if known == nil {
            // It may have been made a moment ago. Many such callers share one look at the store.
            if let triedAt = state.withLock({ $0.triedAt }) {
                try await Task.sleep(until: triedAt + Self.minimumInterval)
            }
            let isKnown = state.withLock { $0.readAt.map { $0 > asked } ?? false }
            if !isKnown { try await blocking { try self.refresh() } }
            known = state.withLock { $0.tokens[presented.id] }
        }
        let isFresh = state.withLock { state in
            state.readAt.map { $0.duration(to: .now) <= Self.maximumAge } ?? false
        }
        if !isFresh { throw Unknown() }
        guard let known, presented.matches(known.hash) else { return nil }
        if let expiresAt = known.expiresAt, expiresAt <= SystemClock.now { return nil }
        return known
    }

    /// Nobody can be told: the store has not answered for too long.
    struct Unknown: Error {}

    private static func credentials(_ field: String, acceptsBasic: Bool) -> String? {
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let value = parts[1].trimmingCharacters(in: .whitespaces)
        switch parts[0].lowercased() {
        case "bearer": return value
        case "basic" where acceptsBasic:
            guard let data = Data(base64Encoded: value), let pair = String(data: data, encoding: .utf8),
                let colon = pair.firstIndex(of: ":")
            else { return nil }
            return String(pair[pair.index(after: colon)...])
        default: return nil
        }
    }
}
