/// The small file of a spool that says whose it is, and which batches were shipped: `spool.state`.
///
/// Four lines of text: `taximeter spool 1`, `producer UUID`, `acknowledged N`, and `crc32c` of the three before.
struct SpoolState: Hashable {
    static let name = "spool.state"
    static let version = 1

    var producer: ProducerID
    /// The last batch that needs no shipping any more; 0 before the first.
    var acknowledged: Int64

    enum Reading: Hashable {
        case state(SpoolState)
        case otherVersion(String)
        case damaged
    }

    /// The file's content.
    var bytes: [UInt8] {
        let text = "taximeter spool \(Self.version)\nproducer \(producer)\nacknowledged \(acknowledged)\n"
        let checksum = String(CRC32C.of(Array(text.utf8).span), radix: 16)
        return Array((text + "crc32c \(checksum)\n").utf8)
    }

    static func read(_ bytes: [UInt8]) -> Reading {
        guard let text = String(validating: bytes, as: UTF8.self) else { return .damaged }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 2, lines[0].hasPrefix("taximeter spool ") else { return .damaged }
        guard let version = Int(lines[0].dropFirst("taximeter spool ".count)) else { return .damaged }
        // Another version may have other lines, but ends in its checksum too: a damaged digit is no other version.
        let checked = lines.dropLast(2).map { "\($0)\n" }.joined()
        guard lines.count >= 3, lines[lines.count - 1].isEmpty,
            lines[lines.count - 2] == "crc32c \(String(CRC32C.of(Array(checked.utf8).span), radix: 16))"
        else { return .damaged }
        guard version == Self.version else { return .otherVersion(String(version)) }
        guard lines.count == 5, lines[1].hasPrefix("producer "), lines[2].hasPrefix("acknowledged "),
            let producer = ProducerID(lines[1].dropFirst("producer ".count)),
            let acknowledged = Int64(lines[2].dropFirst("acknowledged ".count)), acknowledged >= 0
        else { return .damaged }
        return .state(SpoolState(producer: producer, acknowledged: acknowledged))
    }
}
