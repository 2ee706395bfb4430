import Testing

@testable import Taximeter

/// Whatever the bytes, reading a file gives a book that can be written and read again, or says what is wrong and where.
@Suite struct ParserFuzzTests {
    private func check(_ text: String, _ dice: Dice) throws -> Bool {
        do {
            let book = try PriceBook.parse(text, file: "f")
            #expect(try PriceBook.parse(book.canonicalJSON, file: "again") == book, "\(dice)")
            return true
        } catch {
            #expect(!error.diagnostics.isEmpty, "\(dice)")
            for diagnostic in error.diagnostics {
                #expect(diagnostic.line >= 1 && diagnostic.column >= 1, "\(dice): \(diagnostic)")
                #expect(!diagnostic.description.contains { $0.isNewline }, "\(dice): \(diagnostic)")
            }
            return false
        }
    }

    private static let words = [
        "from", "until", "rates", "tiers", "steps", "up_to", "package", "terms", "discount", "tokens", "factor",
        "bands", "name", "null", "~", "-1", "1e9", "0.14", "&a", "*a", "!!str", "{",
        "}", "[", "]", ":", ",", "- ", "? ", "|", ">", "\"", "'", "#", "\n", "\t", "\u{0}", "\u{2028}", "\u{FEFF}", "é",
        "---",
        "99999999999999999999", "2025-01-01T00:00:00Z", "24:00", "true", "<<: *a", "\u{F0001}", "%YAML 1.1",
    ]

    @Test(arguments: Array(1...10) as [UInt64])
    func mutatedBooks(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var accepted = 0
        for round in 0..<60 {
            let valid = round % 10 == 0 ? try fixture("deepseek-usd.yaml") : PlainBook.randomWithPeriods(&dice).yaml
            var scalars = Array(valid.unicodeScalars)
            for _ in 0..<dice.whole(0...3) {
                let place = dice.whole(0...scalars.count - 1)
                let length = min(dice.whole(0...12), scalars.count - place)
                switch dice.whole(0...3) {
                case 0: scalars.removeSubrange(place..<place + length)
                case 1: scalars.insert(contentsOf: dice.one(of: Self.words).unicodeScalars, at: place)
                case 2: scalars.insert(contentsOf: scalars[place..<place + length], at: dice.whole(0...scalars.count))
                default:
                    scalars.replaceSubrange(place..<place + length, with: dice.one(of: Self.words).unicodeScalars)
                }
                if scalars.isEmpty { break }
            }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            accepted += try check(String(text), dice) ? 1 : 0
        }
        #expect((5...55).contains(accepted), "some mutants must be valid and some not; \(dice)")
    }

    @Test func randomText() throws {
        var dice = Dice(seed: 99)
        for _ in 0..<300 {
            let bytes = (0..<dice.whole(0...80)).map { _ in UInt8(dice.whole(0...255)) }
            _ = try check(String(decoding: bytes, as: UTF8.self), dice)
            let words = (0..<dice.whole(0...30)).map { _ in dice.one(of: Self.words) }
            _ = try check(words.joined(separator: dice.one(of: ["", " ", "\n"])), dice)
        }
    }
}
