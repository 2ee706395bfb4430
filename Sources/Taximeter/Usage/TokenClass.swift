/// What kind of token was used. The classes are disjoint: every token of a request belongs to exactly one.
///
/// Cases stand in the order in which classes are rated and reported.
public enum TokenClass: UInt8, CaseIterable, Sendable, Hashable {
    /// Input read from the prompt cache.
    case cacheHit
    /// Input that had to be computed.
    case cacheMiss
    /// Input written to the cache at the default lifetime (five minutes at Anthropic).
    case cacheWrite
    /// Input written to the cache for one hour.
    case cacheWrite1h
    /// Generated tokens, reasoning included.
    case output

    /// The name used in files, SQL and prose: `cache_hit`, `cache_miss`, `cache_write`, `cache_write_1h`, `output`.
    public var name: String {
        switch self {
        case .cacheHit: "cache_hit"
        case .cacheMiss: "cache_miss"
        case .cacheWrite: "cache_write"
        case .cacheWrite1h: "cache_write_1h"
        case .output: "output"
        }
    }

    /// The class of that name, or nil.
    public init?(name: some StringProtocol) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// Whether tokens of this class count towards a request's total input.
    public var isInput: Bool { self != .output }

    /// The class as a bit, for sets of classes in the store.
    var bit: Int16 { 1 << Int16(rawValue) }
}
