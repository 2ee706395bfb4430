/// What a spool's folder holds, read from its first byte to its last; changes nothing, and needs no lock.
public struct SpoolSurvey: Sendable, Hashable {
    /// One file of batches.
    public struct Segment: Sendable, Hashable {
        /// The file's name.
        public let name: String
        /// Its place in the order of files.
        public let number: Int64
        /// Sequence of its first and last batch; nil when it has none.
        public internal(set) var sequences: ClosedRange<Int64>?
        /// Events in its batches.
        public internal(set) var eventCount = 0
        /// Bytes of the file.
        public internal(set) var byteCount: Int
        /// Whether it was finished: nothing was being written when its process ended.
        public internal(set) var isFinished = false
        /// The checksum of its last frame's head.
        var lastChecksum: UInt32 = 0
    }

    /// Bytes that are no batch although there is one behind them, or batches that are not there.
    public struct Damage: Sendable, Hashable, CustomStringConvertible {
        /// What it is: `damaged bytes`, `torn end`.
        public let what: String
        /// The file.
        public let file: String
        /// Where in it, and how many bytes; none when the bytes themselves are missing.
        public let bytes: Range<Int>
        /// The batches lost with it; nil when none is missing.
        public let sequences: ClosedRange<Int64>?

        /// One line: file, offset, and what is lost.
        public var description: String {
            let lost = sequences.map { "batches \($0.lowerBound) to \($0.upperBound) are lost" } ?? "no batch is lost"
            return "\(file): \(what), \(bytes.count) bytes at offset \(bytes.lowerBound); \(lost)"
        }
    }

    /// Whose spool it is.
    public internal(set) var producer: ProducerID
    /// The last batch that was shipped; 0 before the first.
    public internal(set) var acknowledged: Int64
    /// The files, in order.
    public internal(set) var segments: [Segment] = []
    /// What is damaged.
    public internal(set) var damages: [Damage] = []
    /// The ends of files where a write did not come to its end; such batches were never acknowledged.
    public internal(set) var tornTails: [Damage] = []
    /// Events of batches not shipped yet.
    public internal(set) var pendingEventCount = 0
    /// Bytes of batches not shipped yet.
    public internal(set) var pendingByteCount = 0
    /// When the oldest batch not shipped yet was sealed.
    public internal(set) var oldestPending: Instant?
    /// Whether the state file was damaged, so that all batches count as not shipped. Shipping one twice does no harm.
    public internal(set) var isStateDamaged = false

    /// The last batch that is there, was shipped, or is known to be lost.
    public internal(set) var lastSequence: Int64
    /// Bytes of all files.
    public var byteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }

    /// Reads the spool in a folder.
    ///
    /// - Throws: ``SpoolError`` when there is none, when it is of another version, or when the system cannot read it.
    public static func read(_ folder: String) throws(SpoolError) -> SpoolSurvey {
        for _ in 1...5 {
            do throws(SpoolError) {
                return try read(folder, DiskFiles())
            } catch {
                // A process that has the spool open removes segments that are shipped: look again at what there is.
                if error.systemError != SystemErrors.noSuchFile { throw error }
            }
        }
        return try read(folder, DiskFiles())
    }

    static func read(_ folder: String, _ files: any SpoolFiles) throws(SpoolError) -> SpoolSurvey {
        let names = try files.names(in: folder)
        let numbered = names.compactMap { name in segmentNumber(name).map { (name: name, number: $0) } }
            .sorted { $0.number < $1.number }
        let reading =
            names.contains(SpoolState.name)
            ? SpoolState.read(try files.contents(of: "\(folder)/\(SpoolState.name)")) : .damaged
        var state: SpoolState?
        switch reading {
        case .state(let known): state = known
        case .damaged: break
        case .otherVersion(let version):
            throw SpoolError(
                .otherVersion, folder, "is written in version \(version) of the format; expected \(SpoolState.version)")
        }
        var outlines: [SegmentOutline] = []
        for (name, number) in numbered {
            outlines.append(try SegmentOutline(name: name, number: number, in: folder, files))
        }
        return try assemble(folder, files, state, outlines)
    }

    private static func assemble(
        _ folder: String, _ files: any SpoolFiles, _ state: SpoolState?, _ outlines: [SegmentOutline]
    ) throws(SpoolError) -> SpoolSurvey {
        guard let producer = state?.producer ?? outlines.compactMap({ $0.head?.producer }).first else {
            throw SpoolError(
                .notASpool, folder, "has no readable \(SpoolState.name), and no segment says whose spool it is")
        }
        let acknowledged = state?.acknowledged ?? (outlines.compactMap(\.firstSequence).first ?? 1) - 1
        var builder = SurveyBuilder(SpoolSurvey(producer: producer, acknowledged: acknowledged))
        builder.survey.isStateDamaged = state == nil
        let last = outlines.lastIndex { $0.firstSequence != nil }
        for (index, outline) in outlines.enumerated() {
            let next = outlines[(index + 1)...].compactMap(\.firstSequence).first
            let bytes = try files.contents(of: "\(folder)/\(outline.name)")
            builder.add(outline, bytes, before: next, isLast: index >= last ?? 0)
        }
        return builder.survey
    }

    private init(producer: ProducerID, acknowledged: Int64) {
        self.producer = producer
        self.acknowledged = acknowledged
        lastSequence = acknowledged
    }

    /// The number in a segment's file name; nil for other files.
    static func segmentNumber(_ name: String) -> Int64? {
        guard name.hasPrefix("segment-"), name.hasSuffix(".spool") else { return nil }
        let digits = name.dropFirst("segment-".count).dropLast(".spool".count)
        guard digits.utf8.count == 12, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(digits)
    }

    /// The file name of a segment.
    static func segmentName(_ number: Int64) -> String { "segment-\(decimal(number, width: 12)).spool" }
}
