extension UsageLine.Key {
    /// What an invoice line says: `deepseek-v3 output, api, off-peak, tier 2`.
    var words: String {
        var parts = ["\(model) \(tokenClass.words)", channel.text]
        if serviceTier.text != "standard" { parts.append(serviceTier.text) }
        parts += [band, schedule].compactMap { $0?.text }
        if let tier { parts.append("tier \(tier.step + 1)") }
        if let allowance { parts.append("within \(allowance)") }
        return parts.joined(separator: ", ")
    }
}

extension TokenClass {
    /// What an invoice calls it.
    fileprivate var words: String {
        switch self {
        case .cacheHit: "input from cache"
        case .cacheMiss: "input"
        case .cacheWrite: "input written to cache"
        case .cacheWrite1h: "input written to cache for 1 h"
        case .output: "output"
        }
    }
}
