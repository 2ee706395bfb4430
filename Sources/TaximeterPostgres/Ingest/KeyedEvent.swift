import Taximeter

/// An event with the keys of its names, ready to be stored.
struct KeyedEvent {
    let event: UsageEvent
    let accountKey: Int64
    let modelKey: Int32
    let channelKey: Int32
    let serviceTierKey: Int32

    /// Their places in the order in which keys are taken: by account, then by the bytes of the request id, then as they
    /// came. Every writer takes keys in this order, so that two never wait for each other in a circle.
    static func placesInKeyOrder(_ rows: [KeyedEvent]) -> [Int] {
        struct Place {
            let accountKey: Int64
            /// The id's first bytes; shorter ids end in zeros, which no id has.
            let start: UInt128
            let index: Int
        }
        let places = rows.indices.map { index in
            Place(accountKey: rows[index].accountKey, start: start(of: rows[index].event.requestID), index: index)
        }
        return places.sorted { left, right in
            if left.accountKey != right.accountKey { return left.accountKey < right.accountKey }
            if left.start != right.start { return left.start < right.start }
            let one = rows[left.index].event.requestID
            let other = rows[right.index].event.requestID
            return one == other ? left.index < right.index : one < other
        }.map(\.index)
    }

    /// The first sixteen bytes of an id, in an order that is theirs.
    private static func start(of id: Identifier) -> UInt128 {
        var start: UInt128 = 0
        var shift = 128
        for byte in id.text.utf8 {
            shift -= 8
            start |= UInt128(byte) << UInt128(shift)
            if shift == 0 { break }
        }
        return start
    }
}
