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

    init(_ names: Names, rowLimit: Int) {
        self.names = names
        self.rowLimit = rowLimit
    }

    mutating func append(_ buffer: EventBuffer) {
        for var row in buffer.rows {
            if block.rows.count == rowLimit { finishBlock() }
            if block.rows.isEmpty { block.rows.reserveCapacity(min(rowLimit, max(buffer.rows.count, 64))) }
            row.account = accounts.place(row.account, names.accounts, &block.accounts)
            row.model = models.place(row.model, names.models, &block.models)
            row.channel = channels.place(row.channel, names.channels, &block.channels)
            row.serviceTier = serviceTiers.place(row.serviceTier, names.serviceTiers, &block.serviceTiers)
            let id = Int(row.requestIDStart)..<Int(row.requestIDStart) + Int(row.requestIDLength)
            row.requestIDStart = Int32(truncatingIfNeeded: block.requestIDs.count)
            block.requestIDs.append(contentsOf: buffer.requestIDs[id])
            block.rows.append(row)
        }
    }

    private mutating func finishBlock() {
        if block.rows.isEmpty { return }
        blocks.append(block)
        block = EventBlock()
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
