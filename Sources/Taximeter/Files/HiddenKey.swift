internal import Yams

/// Replaces a key in YAML text by as many private-use characters, so that no other place in the text moves.
enum HiddenKey {
    private static let characters: ClosedRange<UInt32> = 0xF0000...0xFFFFD
    private static let limit = 100

    /// Whether a key is a hidden one.
    static func isHidden(_ key: String) -> Bool { key.unicodeScalars.first.map(isReserved) ?? false }

    private static func isReserved(_ scalar: Unicode.Scalar) -> Bool { characters.contains(scalar.value) }

    /// The text with the key at that place hidden, as the `count`-th.
    ///
    /// Nil where it is spelt in another way than it reads (escapes), where the text has such characters of its own, and
    /// beyond a hundred.
    static func hide(_ key: String, at mark: Mark, in text: String, count: Int) -> String? {
        guard count < limit, let first = Unicode.Scalar(characters.lowerBound + 1 + UInt32(count)),
            let other = Unicode.Scalar(characters.lowerBound)
        else { return nil }
        var scalars = Array(text.unicodeScalars)
        if count == 0, scalars.contains(where: isReserved) { return nil }
        let wanted = Array(key.unicodeScalars)
        var start = index(of: mark, in: scalars)
        if start < scalars.count, scalars[start] == "\"" || scalars[start] == "'" { start += 1 }
        let end = start + wanted.count
        guard start < end, end <= scalars.count, scalars[start..<end].elementsEqual(wanted) else { return nil }
        scalars.replaceSubrange(start..<end, with: [first] + Array(repeating: other, count: wanted.count - 1))
        var hidden = String.UnicodeScalarView()
        hidden.append(contentsOf: scalars)
        return String(hidden)
    }

    private static func index(of mark: Mark, in scalars: [Unicode.Scalar]) -> Int {
        var (index, line) = (0, 1)
        while line < mark.line, index < scalars.count {
            let isFirstHalf = scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
            if Character(scalars[index]).isNewline && !isFirstHalf { line += 1 }
            index += 1
        }
        return index + mark.column - 1
    }
}
