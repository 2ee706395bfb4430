import Foundation
import TestKit
import Testing

@testable import Taximeter

/// docs/price-book-format.md says what the reader does.
@Suite struct PriceBookFormatPageTests {
    private let page: DocumentedPage

    init() throws { page = try DocumentedPage("price-book-format.md") }

    @Test func itsBooksAreBooks() throws {
        let books = try (page.blocks["yaml book"] ?? []).map { try PriceBook.parse($0, file: "page") }
        #expect(books.map(\.name.text) == ["acme", "contract"])
        #expect(books[1].terms.allowances.map(\.name.text) == ["welcome", "free-tier"])
        #expect(books[1].tariffs[0].versions.count == 3)
    }

    @Test func itsVersionsAreVersions() throws {
        let texts = page.blocks["yaml version"] ?? []
        let versions = try texts.map { try given(book(version: $0).tariffs.first?.versions.first) }
        #expect(versions.count == 5)
        #expect(versions.map(\.rules.bands.count) == [0, 3, 1, 0, 1])
        #expect(versions.map(\.rules.schedules.count) == [0, 0, 1, 0, 0])
        #expect(versions.map(\.rules.tiers.count) == [0, 0, 0, 0, 2])
        #expect(versions.map(\.rules.multipliers.count) == [0, 0, 0, 3, 0])
    }

    /// Every key that the schema knows, and so the reader, is in a table or in the text.
    @Test func itTellsEveryKey() throws {
        let path = Fixtures.packageRoot.appending(path: "docs/price-book-format.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        let schema = Fixtures.packageRoot.appending(path: "schemas/price-book.schema.json")
        let content = try JSONSerialization.jsonObject(with: Data(contentsOf: schema))
        var keys: Set<String> = []
        func visit(_ value: Any) {
            if let list = value as? [Any] { list.forEach(visit) }
            guard let object = value as? [String: Any] else { return }
            keys.formUnion((object["properties"] as? [String: Any])?.keys.map { $0 } ?? [])
            object.values.forEach(visit)
        }
        visit(content)
        #expect(keys.count > 40)
        for key in keys.sorted() { #expect(text.contains("`\(key)`"), "\(key)") }
    }
}
