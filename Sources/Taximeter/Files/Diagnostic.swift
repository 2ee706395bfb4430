/// One thing wrong in a file: a price book, a mapping, costs.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// The file's name as it was given.
    public let file: String
    /// The line, from 1.
    public let line: Int
    /// The column in characters (Unicode scalars), from 1.
    public let column: Int
    /// Where in the document: `tariffs[0].versions[1].rates.output`; empty for the document itself.
    public let key: String
    /// What stands there.
    public let found: String
    /// What should stand there.
    public let expected: String
    /// A known word that looks like the one found.
    public let suggestion: String?

    /// `file:line:column: key: found X; expected Y (did you mean "Z"?)`.
    public var description: String {
        let place = "\(file):\(line):\(column): " + (key.isEmpty ? "" : "\(key): ")
        let text = place + "found \(found); expected \(expected)"
        return singleLine(text + (suggestion.map { " (did you mean \"\($0)\"?)" } ?? ""))
    }
}

/// Everything wrong in a file.
public struct FileErrors: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in the order of the file; at least one.
    public let diagnostics: [Diagnostic]

    init(_ diagnostics: [Diagnostic]) {
        self.diagnostics = diagnostics.enumerated().sorted {
            ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
        }.map(\.element)
    }

    /// One diagnostic a line.
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

/// The text with line breaks and other control characters spelt out, so that a message stays on its line.
func singleLine(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
        let isPrintable = scalar.properties.generalCategory != .control && !Character(scalar).isNewline
        return isPrintable ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }.joined()
}

/// The candidate that a misspelt word most likely stands for, or nil when none is near.
func suggestion(for word: String, among candidates: [String]) -> String? {
    // About a third of the letters may be wrong. A word longer than any candidate is not worth comparing.
    guard word.utf8.count <= 64 else { return nil }
    let nearest = candidates.map { (candidate: $0, distance: editDistance(word, $0)) }.min { $0.distance < $1.distance }
    guard let nearest, nearest.distance > 0, nearest.distance * 3 <= word.count + 1 else { return nil }
    return nearest.candidate
}

/// How many letters must be put in, left out or replaced to turn one word into the other (Levenshtein).
private func editDistance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (index, letter) in first.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in second.indices {
            let replaced = diagonal + (letter == second[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
        }
    }
    return row[second.count]
}
