/// Makes blocks, with their own dictionaries, of buffers, whose events name places in the meter's tables.
struct BlockBuilder {
    /// The tables of a meter.
    struct Names {
        let accounts = NameIntern()
        let models = NameIntern()
        let channels = NameIntern()
        let serviceTiers = NameIntern()
    }

    private let names: Names
    private let rowLimit: Int
    private var block = EventBlock()
    private var accounts = Places()
    private var models = Places()
    private var channels = Places()
    private var serviceTiers = Places()
    /// Blocks that are full.
    private var blocks: [EventBlock] = []
    /// Blocks that were written: their memory is used again, because new memory costs more than all that is done with it.
    private var spare: [EventBlock] = []

    init(_ names: Names, rowLimit: Int) {
        self.names = names
        self.rowLimit = rowLimit
    }

    mutating func append(_ buffer: EventBuffer) {
        var next = 0
        while next < buffer.rows.count {
            if block.rows.count >= rowLimit { finishBlock() }
            let end = min(buffer.rows.count, next + rowLimit - block.rows.count)
            append(buffer, next..<end)
            next = end
        }
    }

    /// Appends rows that find room in the block.
    private mutating func append(_ buffer: EventBuffer, _ rows: Range<Int>) {
        guard let first = rows.first, let last = rows.last else { return }
        let start = Int(buffer.rows[first].requestIDStart)
        let end = Int(buffer.rows[last].requestIDStart) + Int(buffer.rows[last].requestIDLength)
        let shift = Int32(truncatingIfNeeded: block.requestIDs.count - start)
        Self.makeRoom(in: &block.requestIDs, for: end - start, rowLimit * EventBuffer.requestIDShare)
        Self.makeRoom(in: &block.rows, for: rows.count, rowLimit)
        block.requestIDs.append(contentsOf: buffer.requestIDs[start..<end])
        for index in rows {
            var row = buffer.rows[index]
            row.account = accounts.place(row.account, names.accounts, &block.accounts)
            row.model = models.place(row.model, names.models, &block.models)
            row.channel = channels.place(row.channel, names.channels, &block.channels)
            row.serviceTier = serviceTiers.place(row.serviceTier, names.serviceTiers, &block.serviceTiers)
            row.requestIDStart &+= shift
            block.rows.append(row)
        }
    }

    /// Twice the room when there is not enough, as an array would make it by itself, but none beyond what a block needs.
    private static func makeRoom<Element>(in array: inout [Element], for count: Int, _ limit: Int) {
        let needed = array.count + count
        if needed > array.capacity { array.reserveCapacity(max(needed, min(limit, 2 * array.capacity))) }
    }

    private mutating func finishBlock() {
        if block.rows.isEmpty { return }
        blocks.append(block)
        block = spare.popLast() ?? EventBlock()
        accounts.forget()
        models.forget()
        channels.forget()
        serviceTiers.forget()
    }

    /// The blocks of what was appended since the last call.
    mutating func take() -> [EventBlock] {
        finishBlock()
        defer { blocks = [] }
        return blocks
    }

    /// Takes blocks back that nobody else has.
    mutating func recycle(_ blocks: inout [EventBlock]) {
        while var block = blocks.popLast() {
            // One of unusually long ids would keep more than its share; the allocator rounds up a little.
            if block.requestIDs.capacity > rowLimit * (EventBuffer.requestIDShare + 8) { continue }
            block.removeAll()
            spare.append(block)
        }
    }

    /// Where the names of one of the meter's tables stand in the dictionary of the block being made.
    private struct Places {
        /// By place in the meter's table: place in the block's dictionary, where the stamp is that of this block.
        private var known: [(stamp: UInt32, place: Int32)] = []
        private var stamp: UInt32 = 1

        @inline(__always)
        mutating func place(_ place: Int32, _ table: NameIntern, _ names: inout [Identifier]) -> Int32 {
            let index = Int(place)
            if index < known.count, known[index].stamp == stamp { return known[index].place }
            return add(index, table, &names)
        }

        private mutating func add(_ index: Int, _ table: NameIntern, _ names: inout [Identifier]) -> Int32 {
            while known.count <= index { known.append((0, 0)) }
            let place = Int32(truncatingIfNeeded: names.count)
            // A handle is only ever made of a name that is in the table.
            if let name = table.name(at: Int32(truncatingIfNeeded: index)) { names.append(name) }
            known[index] = (stamp, place)
            return place
        }

        mutating func forget() {
            stamp &+= 1
            if stamp == 0 {
                // Once in four billion blocks the stamps begin again.
                for index in known.indices { known[index].stamp = 0 }
                stamp = 1
            }
        }
    }
}
