extension EventBlock {
    /// The rows that cannot be stored, by their place in ``rows``, and why, in one line each.
    ///
    /// Whoever made a block has checked its values, so a fault means a defect, or damage on the way here. It concerns its
    /// row alone: the other rows of the block are good.
    public func faults() -> [Int: String] {
        // Ids are mostly ASCII: one look over all of them spares a look at each.
        let isPlain = requestIDs.allSatisfy { $0 &- 1 < 127 }
        var faults: [Int: String] = [:]
        for index in rows.indices {
            if let fault = fault(of: rows[index], isPlain) { faults[index] = fault }
        }
        return faults
    }

    /// Where the bytes of a row's request id stand; nil when there are none, or too many, or not in the block.
    public func requestIDRange(of row: Row) -> Range<Int>? {
        let start = Int(row.requestIDStart)
        let count = Int(row.requestIDLength)
        guard (1...Identifier.maximumByteCount).contains(count), start >= 0, start <= requestIDs.count - count else {
            return nil
        }
        return start..<start + count
    }

    private func fault(of row: Row, _ isPlain: Bool) -> String? {
        guard row.account >= 0, row.account < accounts.count else {
            return Self.fault("account", row.account, accounts.count)
        }
        guard row.model >= 0, row.model < models.count else { return Self.fault("model", row.model, models.count) }
        guard row.channel >= 0, row.channel < channels.count else {
            return Self.fault("channel", row.channel, channels.count)
        }
        guard row.serviceTier >= 0, row.serviceTier < serviceTiers.count else {
            return Self.fault("service_tier", row.serviceTier, serviceTiers.count)
        }
        guard let range = requestIDRange(of: row) else {
            return "request_id has \(row.requestIDLength) bytes from \(row.requestIDStart); expected 1 to "
                + "\(Identifier.maximumByteCount) of the block's \(requestIDs.count)"
        }
        if !isPlain, let fault = Self.fault(ofText: requestIDs[range]) { return fault }
        do throws(UsageEvent.Invalid) {
            try UsageEvent.check(
                startedAt: row.startedAt, completedAt: row.completedAt, tokens: row.tokens, requests: row.requests)
            return nil
        } catch {
            return error.description
        }
    }

    private static func fault(_ field: String, _ place: Int32, _ count: Int) -> String {
        "\(field) is name \(place) of the block; expected 0 to \(count - 1)"
    }

    private static func fault(ofText bytes: ArraySlice<UInt8>) -> String? {
        if bytes.contains(0) { return "request_id contains a NUL byte" }
        return String(validating: bytes, as: UTF8.self) == nil ? "request_id is not UTF-8" : nil
    }
}
