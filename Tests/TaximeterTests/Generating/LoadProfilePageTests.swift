import TestKit
import Testing

@testable import Taximeter

/// docs/generating-load.md says what the reader does.
@Suite struct LoadProfilePageTests {
    private let page: DocumentedPage

    init() throws { page = try DocumentedPage("generating-load.md") }

    @Test func itsExampleIsAProfile() throws {
        let profile = try LoadProfile.parse(page.block("yaml"), file: "profile.yaml")
        #expect(try profile.events(count: 100).count == 100)
    }

    /// Every key that a reader takes is in a table, and no other.
    @Test func itsKeysAreTheFormat() {
        let texts = [
            "x: 1", "accounts: {x: 1}", "streams: [{x: 1}]", "streams: [{arrivals: {x: 1}}]",
            "streams: [{input_tokens: {x: 1}}]", "streams: [{input_tokens: {histogram: [{x: 1}]}}]",
        ]
        let taken = texts.flatMap { text -> [String] in
            do throws(FileErrors) {
                _ = try LoadProfile.parse(text, file: "p")
                return []
            } catch {
                return error.diagnostics.filter { $0.found == "the key \"x\"" }.map {
                    String($0.expected.dropFirst("one of ".count))
                }
            }
        }
        let documented = page.tableRows.flatMap { $0[0].split(separator: ", ").map(String.init) }
            .filter { !$0.hasPrefix("key") }
        #expect(Set(documented) == Set(taken.flatMap { $0.split(separator: ", ").map(String.init) }))
    }
}
