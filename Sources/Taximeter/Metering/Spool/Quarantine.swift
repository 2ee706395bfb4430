/// The folder `quarantine` of a spool: bytes that are no batch any more, and batches that the store will never take.
/// Nothing is removed from it but by its owner's hand.
struct Quarantine {
    static let name = "quarantine"

    let folder: String
    let files: any SpoolFiles
    private var path: String { "\(folder)/\(Self.name)" }

    /// Copies damaged bytes aside, once, while the folder holds less than `limit` bytes.
    func keep(_ damage: SpoolSurvey.Damage, limit: Int) throws(SpoolError) {
        guard !damage.bytes.isEmpty else { return }
        let file = try files.openToRead("\(folder)/\(damage.file)")
        defer { files.close(file) }
        let name = "\(damage.file)@\(damage.bytes.lowerBound)"
        try files.makeFolder(path)
        let isKept = try files.names(in: path).contains(name)
        guard !isKept, try byteCount() + damage.bytes.count <= limit else { return }
        try files.replace(
            name, in: path, with: files.read(file, at: damage.bytes.lowerBound, count: damage.bytes.count))
    }

    /// Keeps a batch as a segment of its own, with the reason beside it.
    func keep(_ batch: SpooledBatch, of producer: ProducerID, because reason: String) throws(SpoolError) {
        try files.makeFolder(path)
        let name = "batch-\(decimal(batch.sequence, width: 12))"
        let head = SegmentHead(
            producer: producer, number: 0, firstSequence: batch.sequence, createdAt: batch.frame.sealedAt,
            previous: batch.frame.previous)
        try files.replace("\(name).reason", in: path, with: Array((reason + "\n").utf8))
        try files.replace("\(name).spool", in: path, with: head.bytes + batch.bytes)
    }

    /// How many batches lie here.
    func batchCount() throws(SpoolError) -> Int {
        guard try files.names(in: folder).contains(Self.name) else { return 0 }
        return try files.names(in: path).count { $0.hasPrefix("batch-") && $0.hasSuffix(".spool") }
    }

    private func byteCount() throws(SpoolError) -> Int {
        var sum = 0
        for name in try files.names(in: path) {
            let file = try files.openToRead("\(path)/\(name)")
            defer { files.close(file) }
            sum += try files.byteCount(of: file)
        }
        return sum
    }
}
