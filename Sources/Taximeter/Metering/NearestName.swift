/// The known name that a misspelt one most likely means: at most a third of its characters away (Levenshtein), the first
/// of the nearest; nil when none is that near.
func nearestName(to name: String, among known: [String]) -> String? {
    // A name longer than any sensible one is no slip of the finger, and costs a table of its own length.
    guard name.utf8.count <= 64 else { return nil }
    let written = Array(name.lowercased().utf8)
    var best: (name: String, distance: Int)?
    for candidate in known {
        let distance = editDistance(written, Array(candidate.lowercased().utf8))
        let isNear = distance <= max(2, candidate.utf8.count / 3) && distance < candidate.utf8.count
        if isNear, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, leftByte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, rightByte) in right.enumerated() {
            let substituted = diagonal + (leftByte == rightByte ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[right.count]
}

extension RejectReason {
    static func unknownField(_ name: String, among known: [String]) -> RejectReason {
        let hint = nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
        return RejectReason(.unknownField, field: name, expected: "a field of the event format\(hint)")
    }
}
