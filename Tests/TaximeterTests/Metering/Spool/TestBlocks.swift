@testable import Taximeter

extension EventBlock {
    /// A block of random events with ids as serving engines make them, or with anything.
    static func random(_ count: Int, using generator: inout some RandomNumberGenerator) throws -> EventBlock {
        var block = EventBlock()
        func names(_ what: String) throws -> [Identifier] {
            try (0..<Int.random(in: 1...4, using: &generator)).map { try Identifier("\(what)-é-\($0)") }
        }
        block.accounts = try names("account")
        block.models = try names("model")
        block.channels = try names("channel")
        block.serviceTiers = try names("tier")
        for _ in 0..<count {
            let event = try UsageEvent.random(using: &generator)
            let id = Array(randomID(event, using: &generator).utf8)
            func place(_ names: [Identifier]) -> Int32 { Int32.random(in: 0..<Int32(names.count), using: &generator) }
            let row = Row(
                kind: Bool.random(using: &generator) ? .usage : .reversal, account: place(block.accounts),
                model: place(block.models), channel: place(block.channels), serviceTier: place(block.serviceTiers),
                requestIDStart: Int32(block.requestIDs.count), requestIDLength: Int32(id.count),
                startedAt: event.startedAt, completedAt: event.completedAt, tokens: event.tokens,
                requests: event.requests)
            block.requestIDs += id
            block.rows.append(row)
        }
        return block
    }

    private static func randomID(_ event: UsageEvent, using generator: inout some RandomNumberGenerator) -> String {
        func digits(_ count: Int, _ alphabet: String) -> String {
            String((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "0" })
        }
        let hex = "0123456789abcdef"
        let uuid = [8, 4, 4, 4, 12].map { digits($0, hex) }.joined(separator: "-")
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: return uuid
        case 1: return "chatcmpl-" + digits(32, hex)
        case 2: return "cmpl-" + uuid
        case 3: return uuid.uppercased()
        case 4: return "00000000-0000-8000-8000-" + digits(12, hex)
        case 5: return "req_" + digits(24, "abcXYZ019")
        case 6: return digits(Int.random(in: 30...40, using: &generator), hex + "-")
        case 7: return digits(255, hex)
        default: return event.requestID.text
        }
    }

    /// A small block, told from others by a number.
    static func numbered(_ number: Int, events: Int = 2) throws -> EventBlock {
        var block = EventBlock()
        block.accounts = [try Identifier("a\(number)")]
        block.models = [try Identifier("m")]
        block.channels = [try Identifier("api")]
        block.serviceTiers = [try Identifier("standard")]
        for index in 0..<events {
            let id = Array("r\(number).\(index)".utf8)
            let instant = Instant(unchecked: 1_740_614_400_000_000 + Int64(number) * Instant.second)
            block.rows.append(
                Row(
                    kind: .usage, account: 0, model: 0, channel: 0, serviceTier: 0,
                    requestIDStart: Int32(block.requestIDs.count), requestIDLength: Int32(id.count),
                    startedAt: instant, completedAt: instant, tokens: TokenCounts(cacheMiss: 7, output: Int64(number)),
                    requests: 1))
            block.requestIDs += id
        }
        return block
    }
}

/// What a spool gives when all of it is read, in order; acknowledged on the way.
func drained(_ spool: Spool) throws -> [EventBatch] {
    var batches: [EventBatch] = []
    while let batch = try spool.nextBatch() {
        batches.append(try batch.decoded())
        try spool.acknowledge(batch)
    }
    return batches
}

let testInstant = Instant(unchecked: 1_740_614_400_000_000)
