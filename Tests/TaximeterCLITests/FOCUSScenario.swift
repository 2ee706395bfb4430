import Testing

/// Prices, plan, accounts and usage whose invoices have everything that an invoice can have.
enum FOCUSScenario {
    static let prices = """
        price_book: list
        currency: USD
        tariffs:
          - model: large
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {cache_hit: 0.3, cache_miss: 3, output: 15}
                bands: [{name: long, input: {over: 200000}, rates: {cache_hit: 0.6, cache_miss: 6, output: 22.5}}]
                multipliers: {batch: 0.5}
                schedules:
                  - {name: night, time_zone: UTC, from: "16:30", until: "00:30", factor: 0.25}
          - model: small
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {cache_miss: 0.14, output: 2}
                tiers:
                  - name: volume
                    counter: class
                    classes: [output]
                    mode: graduated
                    steps: [{up_to: 1000, flat: 5}, {up_to: 5000, rates: {output: 1.5}}, {rates: {output: 1.1}}]
        """
    static let plan = """
        plan: pro
        currency: USD
        versions:
          - from: 2025-01-01T00:00:00Z
            price_book: list
            recurring_fee: {amount: 19.99, due: in_advance}
            terms: {discount: {factor: 0.9}}
            minimum: 50
            tax: {name: VAT, rate: 0.19}
        """
    static let accounts = """
        accounts:
          - account: acme
            subscriptions: [{plan: pro, from: 2026-01-01T00:00:00Z}]
          - account: globex
            subscriptions: [{plan: pro, from: 2026-01-15T12:00:00Z}]
        """
    static let january = """
        {"account":"acme","request_id":"1","model":"large","completed_at":"2026-01-10T00:45:00Z","cache_hit_tokens":1000,"cache_miss_tokens":333,"output_tokens":777}
        {"account":"acme","request_id":"2","model":"large","completed_at":"2026-01-10T20:00:00Z","cache_hit_tokens":1000,"cache_miss_tokens":333,"output_tokens":777}
        {"account":"acme","request_id":"3","model":"large","completed_at":"2026-01-11T12:00:00Z","cache_miss_tokens":200001,"output_tokens":10}
        {"account":"acme","request_id":"4","model":"large","service_tier":"batch","completed_at":"2026-01-11T12:00:00Z","cache_miss_tokens":200001,"output_tokens":10}
        {"account":"globex","request_id":"1","model":"small","completed_at":"2026-01-12T12:00:00Z","cache_miss_tokens":7,"output_tokens":6001}
        {"account":"initech","request_id":"1","model":"small","completed_at":"2026-01-12T12:00:00Z","cache_miss_tokens":70000,"output_tokens":600}

        """
    /// The first and the second are late.
    static let february = """
        {"account":"acme","request_id":"5","model":"large","completed_at":"2026-01-20T12:00:00Z","cache_miss_tokens":123456789,"output_tokens":1}
        {"account":"globex","request_id":"2","model":"small","completed_at":"2026-01-12T11:00:00Z","output_tokens":300}
        {"account":"acme","request_id":"6","model":"small","completed_at":"2026-02-10T00:00:00Z","output_tokens":2999999}
        {"account":"globex","request_id":"3","model":"small","completed_at":"2026-02-10T00:00:00Z","output_tokens":123}

        """
}

/// CSV by its columns.
struct FOCUSTable {
    let rows: [[String: String]]

    init(_ text: String) throws {
        var lines: [[String]] = [[""]]
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: lines[lines.count - 1].append("")
            case "\n" where !isQuoted: lines.append([""])
            default: lines[lines.count - 1][lines[lines.count - 1].count - 1].append(character)
            }
        }
        let columns = lines[0]
        rows = try lines.dropFirst().dropLast().map { line in
            try #require(line.count == columns.count)
            return Dictionary(uniqueKeysWithValues: zip(columns, line))
        }
    }

    func column(_ name: String) -> [String] { rows.map { $0[name] ?? "" } }
}
