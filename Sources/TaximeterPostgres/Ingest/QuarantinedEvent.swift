import Foundation
import Taximeter

/// An event of a batch that cannot be stored.
struct QuarantinedEvent {
    /// Its place in the batch, from 1.
    let position: Int32
    let reason: String
    /// All that is known of it, for whoever looks after it.
    let json: String

    init(at index: Int, of block: EventBlock, because reason: String) {
        let row = block.rows[index]
        func name(_ names: [Identifier], _ place: Int32) -> String {
            names.indices.contains(Int(place)) ? names[Int(place)].text : "name \(place)"
        }
        let bytes = block.requestIDRange(of: row).map { block.requestIDs[$0] } ?? []
        var fields: [String: Any] = [
            "kind": row.kind == .reversal ? "reversal" : "usage",
            "account": name(block.accounts, row.account), "model": name(block.models, row.model),
            "channel": name(block.channels, row.channel), "service_tier": name(block.serviceTiers, row.serviceTier),
            "request_id_hex": bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(),
            "started_at_us": row.startedAt.microseconds, "completed_at_us": row.completedAt.microseconds,
            "requests": row.requests,
        ]
        for tokenClass in TokenClass.allCases { fields["\(tokenClass.name)_tokens"] = row.tokens[tokenClass] }
        let data = try? JSONSerialization.data(withJSONObject: fields, options: .sortedKeys)
        position = Int32(truncatingIfNeeded: index + 1)
        self.reason = reason
        json = data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// Sums over the events of a batch that are stored, reversals subtracted.
struct BatchTotals {
    var events: Int64 = 0
    var requests: Int128 = 0
    /// By ``TokenClass/rawValue``.
    var tokens = [Int128](repeating: 0, count: TokenClass.allCases.count)

    init(_ block: EventBlock, without quarantined: [Int: String]) {
        var hit: Int128 = 0
        var miss: Int128 = 0
        var write: Int128 = 0
        var write1h: Int128 = 0
        var output: Int128 = 0
        for index in block.rows.indices where quarantined.isEmpty || quarantined[index] == nil {
            let row = block.rows[index]
            let sign: Int64 = row.kind == .reversal ? -1 : 1
            events += 1
            // Checked values: no product leaves 64 bits, no sum 128.
            requests += Int128(sign * row.requests)
            hit += Int128(sign * row.tokens.cacheHit)
            miss += Int128(sign * row.tokens.cacheMiss)
            write += Int128(sign * row.tokens.cacheWrite)
            write1h += Int128(sign * row.tokens.cacheWrite1h)
            output += Int128(sign * row.tokens.output)
        }
        tokens = [hit, miss, write, write1h, output]
    }
}
