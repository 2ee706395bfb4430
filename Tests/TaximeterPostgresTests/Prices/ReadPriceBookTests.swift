import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Reading a book back from the store.
@Suite struct ReadPriceBookTests {
    private static let versions = """
        - from: 2025-01-01T00:00:00Z
          rates: {cache_hit: 0.1, output: 2}
          schedules: [{name: night, time_zone: Asia/Shanghai, from: "00:30", until: "08:30", factor: 0.5}]
        """

    @Test func theDefaultBookAndOthersByName() throws {
        let database = try TestDatabase()
        do {
            _ = try database.store.priceBook()
            Issue.record("there is no book")
        } catch let error as StoreError {
            #expect(error.code == .prices && "\(error)".contains("load one with taximeter tariffs load"))
        }
        let first = try book(Self.versions, name: "first")
        let second = try book("- {from: 2026-01-01T00:00:00Z, rates: {output: 1}}", name: "second")
        _ = try database.store.load(first)
        _ = try database.store.load(second)
        #expect(try database.store.priceBook() == first)
        #expect(try database.store.priceBook(named: "second") == second)
        do {
            _ = try database.store.priceBook(named: "third")
            Issue.record("there is no such book")
        } catch let error as StoreError {
            #expect("\(error)".contains("no price book third; it has first, second"))
        }
        _ = try database.store.load(second, asDefault: true)
        #expect(try database.store.priceBook() == second)
    }
}
