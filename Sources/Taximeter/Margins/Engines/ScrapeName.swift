/// What the name of a scrape's file tells: whose counters it has, and when they were read.
///
/// `engine-7/20250227T040015Z.prom`, `engine-7-20250227T040015Z.txt` and `engine-7_1740628815.prom` are all of `engine-7`: the
/// name ends in its UTC time, as `date -u +%Y%m%dT%H%M%SZ` or `date +%s` print it.
public struct ScrapeName: Sendable, Hashable {
    /// Whose: the folders and what stands before the time; empty where nothing does.
    public let instance: String
    /// When; nil where the name does not end in a time, so that the samples must have their own.
    public let at: Instant?

    /// Reads a path, which is best given from the folder of scrapes on.
    public init(_ path: String) {
        var parts = path.split(separator: "/").map(String.init)
        let file = parts.popLast() ?? ""
        let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        let separators: Set<Character> = ["-", "_", ".", "@"]
        var (before, at): (Substring, Instant?) = (stem[...], nil)
        for length in [16, 10] where at == nil && stem.count >= length {
            at = Self.time(String(stem.suffix(length)))
            if at != nil { before = stem.dropLast(length) }
        }
        if at != nil, let last = before.last, separators.contains(last) { before.removeLast() }
        instance = (parts + (before.isEmpty ? [] : [String(before)])).joined(separator: "/")
        self.at = at
    }

    /// `20250227T040015Z` or `1740628815`.
    private static func time(_ text: String) -> Instant? {
        if let seconds = Int64(text), text.utf8.first.map({ (0x31...0x39).contains($0) }) == true {
            let (microseconds, overflow) = seconds.multipliedReportingOverflow(by: Instant.second)
            return overflow ? nil : Instant(microseconds: microseconds)
        }
        let characters = Array(text)
        guard characters.count == 16 else { return nil }
        func part(_ range: Range<Int>) -> String { String(characters[range]) }
        return Instant(
            rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<16))")
    }
}
