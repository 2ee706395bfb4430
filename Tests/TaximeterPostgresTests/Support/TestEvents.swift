import Taximeter

/// An event with a value for everything.
func event(
    _ requestID: String, account: String = "acme", model: String = "model-a", channel: String = "api",
    tier: String = "standard", started: String? = nil, at completed: String = "2025-03-10T10:20:30Z",
    hit: Int64 = 0, miss: Int64 = 0, write: Int64 = 0, write1h: Int64 = 0, output: Int64 = 1, requests: Int64 = 1
) throws -> UsageEvent {
    try UsageEvent(
        account: Identifier(account), model: Identifier(model), channel: Identifier(channel),
        serviceTier: Identifier(tier), requestID: Identifier(requestID), startedAt: instant(started ?? completed),
        completedAt: instant(completed),
        tokens: TokenCounts(cacheHit: hit, cacheMiss: miss, cacheWrite: write, cacheWrite1h: write1h, output: output),
        requests: requests)
}

/// An instant in RFC 3339.
func instant(_ text: String) throws -> Instant {
    guard let instant = Instant(rfc3339: text) else { throw NotAnInstant(text: text) }
    return instant
}

private struct NotAnInstant: Error { let text: String }
