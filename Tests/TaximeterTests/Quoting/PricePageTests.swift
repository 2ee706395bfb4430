import Foundation
import TestKit
import Testing

@testable import Taximeter

/// docs/how-a-price-is-found.md says what the rater does, step by step.
@Suite struct HowAPriceIsFoundTests {
    @Test func everyExampleIsTrue() throws {
        let page = try DocumentedPage("how-a-price-is-found.md")
        let rater = PeriodRater(try PriceBook.parse(try page.block("yaml book"), file: "page"))
        let cases = try QuoteCases(try page.block("jsonl cases"), rater)
        #expect(cases.ids.count == 13)
        for (id, usage) in zip(cases.ids, cases.usages) {
            let row = try #require(page.tableRows.first { $0.first == id }, "\(id)").filter { !$0.isEmpty }
            switch try rater.rate([usage])[0] {
            case .unpriced(let reason): #expect(row == [id, reason.code])
            case .priced(let amounts):
                let request = amounts.request
                let steps = [
                    request.theoretical, request.list, request.monetised, request.scheduled, amounts.tiered,
                    amounts.contracted, amounts.net,
                ]
                #expect(row == [id] + steps.map(\.decimalText))
            }
        }
    }
}

/// docs/quoting.md says what the quoter reads and writes.
@Suite struct QuotingPageTests {
    private let page: DocumentedPage

    init() throws { page = try DocumentedPage("quoting.md") }

    @Test func itsResultsAreTheQuoters() throws {
        let rater = PeriodRater(Rater(book: try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd")))
        #expect(quote(try page.block("jsonl cases"), rater) == (try page.block("jsonl results")))
    }

    @Test func itsFieldsAreTheFormat() {
        let rows = page.tableRows.filter { $0.count == 4 && $0[0] != "field" && !$0[0].hasPrefix("---") }
        #expect(rows.map(\.[0]) == QuoteField.allCases.map(\.name))
        #expect(rows.filter { $0[1] == "yes" }.map(\.[0]) == ["model"])
    }
}

/// All results of some cases.
func quote(_ cases: String, _ rater: PeriodRater, chunk: Int = .max) -> String {
    var quoter = BatchQuoter(rater)
    var output: [UInt8] = []
    var rest = Array(cases.utf8)[...]
    while !rest.isEmpty {
        quoter.feed(Array(rest.prefix(chunk)))
        quoter.quote(into: &output)
        rest = rest.dropFirst(chunk)
    }
    quoter.finish()
    quoter.quote(into: &output)
    return String(decoding: output, as: UTF8.self)
}

/// Cases of a file, as usage.
struct QuoteCases {
    private(set) var ids: [String] = []
    private(set) var usages: [PeriodUsage] = []

    init(_ text: String, _ rater: PeriodRater) throws {
        var cutter = RowCutter(obeysQuotes: false, limit: 1 << 20)
        cutter.feed(Array(text.utf8))
        cutter.finish()
        var builder = QuoteBuilder(rater.rater.book.ratingInstant)
        var lines = RatingLines(rater.rater)
        while cutter.next() {
            let places = try JSONObjectScanner<QuoteField>.places(&cutter.row)
            let id = try #require(places[QuoteField.id.rawValue])
            ids.append(String(decoding: cutter.row.bytes[id].dropFirst().dropLast(), as: UTF8.self))
            usages.append(lines.usage(try builder.usage(cutter.row, places)))
        }
    }
}
