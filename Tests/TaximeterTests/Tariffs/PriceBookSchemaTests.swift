import Foundation
import TestKit
import Testing

@testable import Taximeter

/// schemas/price-book.schema.json is what the reader accepts.
@Suite struct PriceBookSchemaTests {
    @Test func itsKeysAreTheReaders() throws {
        let schema = try FileSchema("price-book.schema.json").keySets()
        let reader = try FileSchema.readerKeySets(of: "Sources/Taximeter/Tariffs/File").union([
            Set(TokenClass.allCases.map(\.name))
        ])
        #expect(schema.subtracting(reader).map { $0.sorted() } == [], "keys in the schema alone")
        #expect(reader.subtracting(schema).map { $0.sorted() } == [], "keys in the reader alone")
        #expect(reader.count >= 15)
    }

    @Test func editorsFindItInEveryBook() throws {
        let books = try Self.books()
        #expect(books.count >= 11)
        for book in books {
            let line = try String(contentsOf: book, encoding: .utf8).split(separator: "\n").first ?? ""
            #expect(line == "# yaml-language-server: $schema=../../schemas/price-book.schema.json", "\(book.path)")
        }
    }

    private static func books() throws -> [URL] {
        let folder = Fixtures.folder.appending(path: "price-books")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return names.map { folder.appending(path: $0) }
            + [Fixtures.folder.appending(path: "published-day/price-book.yaml")]
    }

    // MARK: By a validator

    @Test(.enabled(if: FileSchema.hasValidator, "the Python packages jsonschema and PyYAML are not there"))
    func everyBookAndItsCanonicalFormValidate() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var files = try Self.books().map(\.path)
        for book in try Self.books() + [Fixtures.packageRoot.appending(path: "docs/price-book-format.md")] {
            let isPage = book.pathExtension == "md"
            let texts =
                isPage
                ? try DocumentedPage("price-book-format.md").blocks["yaml book"] ?? []
                : [try String(contentsOf: book, encoding: .utf8)]
            for (index, text) in texts.enumerated() {
                let name = folder.appending(path: "\(book.lastPathComponent)-\(index).json")
                try Data(PriceBook.parse(text, file: book.path).canonicalJSON.utf8).write(to: name)
                files.append(name.path)
                if isPage {
                    let page = folder.appending(path: "page-\(index).yaml")
                    try Data(text.utf8).write(to: page)
                    files.append(page.path)
                }
            }
        }
        #expect(try FileSchema.check(files) == .init(exitCode: 0, output: ""))
    }

    /// Documents that the reader refuses, each for one fault that a schema can see.
    @Test(
        .enabled(if: FileSchema.hasValidator, "the Python packages jsonschema and PyYAML are not there"),
        arguments: [
            ("currency: USD", "currency: usd"), ("currency: USD", "curency: USD"), ("rounding: up", "rounding: down"),
            ("factor: 0.9}", "factor: 1.5}"), ("factor: 0.9}", "factors: {outputs: 0.5}}"),
            ("tokens: 1000,", "tokens: 0,"), ("per: period", "per: month"), ("cache_miss: 3,", "cache_miss: -3,"),
            ("cache_miss: 3,", "cache_miss: 3e0x,"), ("over: 200000", "above: 200000"),
            ("over: 200000", "over: 1, from: 2"), ("factor: 2}]", "factor: 2, rates: {output: 3}}]"),
            ("\"22:00\"", "\"24:01\""), ("time_zone: UTC", "time_zone: CST"), ("[monday..friday]", "[mon..fri]"),
            ("[monday..friday]", "[]"), ("2026-10-01", "2026-10"), ("batch: 0.5", "standard: 0.5"),
            ("web: free", "web: gratis"), ("mode: graduated", "mode: stepped"), ("up_to: 1000}", "up_to: 0}"),
            ("flat: 10", "package: {tokens: 10, price: 1}"), ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00"),
            ("versions:", "version:"), ("name: long, ", ""), ("{times_cache_miss: 0.1}", "{times_output: 0.1}"),
        ])
    func whatTheReaderRefusesTheSchemaRefuses(_ old: String, _ new: String) throws {
        let text = """
            price_book: list
            currency: USD
            terms:
              discount: {factor: 0.9}
              allowances: [{name: free, tokens: 1000, per: period}]
              rounding: up
            tariffs:
              - model: m
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {cache_hit: {times_cache_miss: 0.1}, cache_miss: 3, output: 16}
                    bands: [{name: long, input: {over: 200000}, factor: 2}]
                    schedules:
                      - {name: night, time_zone: UTC, from: "22:00", until: "06:00", weekdays: [monday..friday],
                         calendar: {"2026-10-01": sunday}, factor: 0.5}
                    multipliers: {batch: 0.5}
                    channels: {web: free}
                    tiers:
                      - name: volume
                        counter: tariff
                        mode: graduated
                        steps: [{up_to: 1000}, {factor: 0.5, flat: 10}]
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        _ = try PriceBook.parse(text, file: "whole")
        let mutated = text.replacing(old, with: new)
        #expect(mutated != text)
        #expect(throws: FileErrors.self) { try PriceBook.parse(mutated, file: "mutated") }
        try Data(mutated.utf8).write(to: file)
        let result = try FileSchema.check([file.path])
        #expect(result.exitCode == 1 && result.output.contains(file.path), "\(result)")
    }
}
