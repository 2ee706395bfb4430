import Foundation
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// A hundred thousand real requests billed for their month under published price books: every line and every invoice is
/// what the text of the trace comes to, reckoned request by request.
@Suite(.enabled(if: TestData.folder != nil, "the traces are not here: set TAXIMETER_TEST_DATA"))
struct TraceBillTests {
    /// A month under a book, and the book's prices once more, in plain words.
    struct Month: CustomTestStringConvertible, Sendable {
        let book: String
        let month: String
        /// Where traces are set that count from their own beginning; and Azure's, which count from 1970.
        let origin: String
        let azureOrigin: String
        /// What the models of the trace are called; `otherwise` the rest.
        let models: [String: String]
        let otherwise: String
        /// The tariff, what tells the line from others of the tariff, and the rates in 10⁻⁹ a million tokens.
        let price: @Sendable (_ model: String, _ input: Int64, _ milliseconds: Int64) -> (String, Rates)

        var testDescription: String { book }
    }

    struct Rates {
        let hit, miss, output: Int128
    }

    static let months = [claude, deepSeek]

    /// Opus 4.6 and Sonnet 4.6 have a long-context price until 13 March, Sonnet 4.5 always; hits are a tenth of the input.
    static let claude = Month(
        book: "anthropic-usd", month: "2026-03", origin: "2026-03-10T00:00:00Z", azureOrigin: "1972-04-27T00:00:00Z",
        models: [
            "claude-opus-4-1-20250805": "claude-opus-4-5", "claude-opus-4-6": "claude-opus-4-6",
            "claude-opus-4-5-20251101": "claude-opus-4-5-20251101", "kimi": "claude-sonnet-4-5",
            "claude-haiku-4-5-20251001": "claude-haiku-4-5-20251001",
            "claude-sonnet-4-5-20250929": "claude-sonnet-4-5-20250929",
        ],
        otherwise: "claude-sonnet-4-6"
    ) { model, input, milliseconds in
        func rates(_ input: Int128, _ output: Int128) -> Rates {
            Rates(hit: input * 100_000_000, miss: input * 1_000_000_000, output: output * 500_000_000)
        }
        // 13 March 2026.
        let isFlat = milliseconds >= 1_773_360_000_000
        let isLong = input > 200_000
        let version = isFlat ? "flat" : "long"
        // Output in halves of a dollar, for 22.5 and 37.5.
        switch model {
        case "claude-opus-4-6" where isLong && !isFlat: return ("opus-4-6 long", rates(10, 75))
        case "claude-opus-4-6": return ("opus-4-6 \(version) short", rates(5, 50))
        case "claude-sonnet-4-6" where isLong && !isFlat: return ("sonnet-4-6 long", rates(6, 45))
        case "claude-sonnet-4-6": return ("sonnet-4-6 \(version) short", rates(3, 30))
        case "claude-opus-4-5", "claude-opus-4-5-20251101": return ("opus-4-5", rates(5, 50))
        case "claude-haiku-4-5-20251001": return ("haiku-4-5", rates(1, 10))
        default: return isLong ? ("sonnet-4-5 long", rates(6, 45)) : ("sonnet-4-5", rates(3, 30))
        }
    }

    /// Twice the price from 01:00 to 04:00 and from 06:00 to 10:00 UTC; from 22 August, 16:00 UTC, not on the weekends of
    /// Shanghai, which is eight hours ahead.
    static let deepSeek = Month(
        book: "deepseek-usd", month: "2026-08", origin: "2026-08-19T00:00:00Z", azureOrigin: "1972-10-04T09:30:00Z",
        models: [
            "claude-opus-4-1-20250805": "deepseek-v4-pro", "claude-opus-4-5-20251101": "deepseek-v4-pro",
            "claude-opus-4-6": "deepseek-v4-pro",
        ],
        otherwise: "deepseek-v4-flash"
    ) { model, _, milliseconds in
        let hour = milliseconds / 3_600_000 % 24
        // 1 January 1970 was a Thursday; days from Monday, in Shanghai.
        let weekday = ((milliseconds + 8 * 3_600_000) / 86_400_000 + 3) % 7
        let hasWeekends = milliseconds >= 1_787_414_400_000
        let isFree = hasWeekends && weekday >= 5
        let peak = isFree ? "" : (1..<4).contains(hour) ? "morning" : (6..<10).contains(hour) ? "afternoon" : ""
        let factor: Int128 = peak.isEmpty ? 1_000_000 : 2_000_000
        let rates =
            model == "deepseek-v4-pro"
            ? Rates(hit: 22 * factor, miss: 660 * factor, output: 1_980 * factor)
            : Rates(hit: 7 * factor, miss: 220 * factor, output: 660 * factor)
        return ("\(model) \(hasWeekends) \(peak)", rates)
    }

    /// What the invoices must say, from the text alone.
    struct Expected {
        var events = 0
        /// By account, and within by line, in 10⁻¹⁵ dollars.
        var lines: [String: [String: Int128]] = [:]

        init(_ csv: Substring, _ month: Month) throws {
            func origin(_ text: String) throws -> Int64 {
                try #require(Instant(rfc3339: text)).microseconds / 1_000
            }
            let (azure, other) = (try origin(month.azureOrigin), try origin(month.origin))
            for line in csv.split(whereSeparator: \.isNewline).dropFirst() {
                let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                let source = String(fields[0])
                let numbers = try [2, 3, 5, 6, 7].map { fields[$0].isEmpty ? 0 : try #require(Int64(fields[$0])) }
                let end = (source.hasPrefix("azure2023") ? azure : other) + numbers[0] + numbers[1]
                let model = month.models[String(fields[4])] ?? month.otherwise
                let (key, rates) = month.price(model, numbers[2], end)
                let account = fields[1].isEmpty ? source : String(fields[1])
                for (name, tokens, rate) in [
                    ("hit", numbers[3], rates.hit), ("miss", numbers[2] - numbers[3], rates.miss),
                    ("output", numbers[4], rates.output),
                ] where tokens > 0 {
                    lines[account, default: [:]]["\(key) \(source) \(name)", default: 0] += Int128(tokens) * rate
                }
                events += 1
            }
        }

        /// Each account's lines, in whole cents, halves away from zero; and their sum.
        var invoices: Set<String> {
            Set(
                lines.map { account, lines in
                    let cents = lines.values.reduce(Int128(0)) { $0 + ($1 + 5_000_000_000_000) / 10_000_000_000_000 }
                    let exact = lines.values.reduce(0, +)
                    return "\(account)|\(lines.count)|\(exact)|\(cents)"
                })
        }
    }

    @Test(arguments: months)
    func invoicesAreWhatTheTraceComesTo(_ month: Month) throws {
        let file = try #require(TestData.folder).appending(path: "traces/bundle_requests.csv.gz")
        let unpacked = try Command(
            program: "/usr/bin/gzip", arguments: ["-dc", file.path], environment: ServerAccount.environment
        ).run()
        try #require(unpacked.succeeded)
        let events = try EventFile.read(Data(unpacked.output.utf8), .mapped(Self.mapping(month)))

        let database = try TestDatabase()
        let bookFile = Fixtures.folder.appending(path: "price-books/\(month.book).yaml")
        _ = try database.store.load(PriceBook.parse(String(contentsOf: bookFile, encoding: .utf8), file: month.book))
        for start in stride(from: 0, to: events.count, by: 10_000) {
            let answers = try database.store.record(Array(events[start..<min(start + 10_000, events.count)]))
            #expect(answers.allSatisfy { $0 == .accepted })
        }
        let summary = try database.bill(month.month)
        #expect(summary.parked.isEmpty && summary.waiting == 0)

        let expected = try Expected(unpacked.output[...], month)
        #expect(expected.events == 100_649 && events.count == 100_649)
        let found = try database.psql(
            """
            SELECT i.account, count(*), trim_scale(sum(l.exact_amount) * 1e15), trim_scale(i.total * 100)
            FROM taximeter.invoices AS i INNER JOIN taximeter.invoice_lines AS l USING (number)
            WHERE i.state = 'final' GROUP BY i.number, i.account, i.total
            """)
        let invoices = Set(found.split(separator: "\n").map(String.init))
        let wanted = expected.invoices
        #expect(
            invoices == wanted,
            "\(invoices.subtracting(wanted).prefix(3)) for \(wanted.subtracting(invoices).prefix(3))")
        let tokens = "SELECT sum(quantity) FROM taximeter.invoice_lines"
        // FACTS: input with hits, and output.
        #expect(try database.psql(tokens) == "\(6_304_772_797 + 32_774_637)\n")
        var differences = try database.differences()
        _ = try database.store.auditEvents { differences.append("\($0)") }
        #expect(differences == [])
        #expect(try database.bill(month.month).sums.isEmpty)
    }

    /// The fixture's mapping, with the month's instants and models.
    private static func mapping(_ month: Month) throws -> EventMapping {
        let models = month.models.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        let azure = "azure2023_code: \"\(month.azureOrigin)\", azure2023_conv: \"\(month.azureOrigin)\""
        return try EventMapping.parse(
            """
            input_includes_hits: true
            fields:
              account: {column: account, if_empty: source}
              request_id: {line: bundle}
              channel: source
              model: {by: model, values: {\(models)}, otherwise: \(month.otherwise)}
              started_at:
                column: t_ms
                unit: milliseconds
                origin: {by: source, values: {\(azure)}, otherwise: "\(month.origin)"}
              duration: {column: duration_ms, unit: milliseconds}
              input_tokens: input_tokens
              cache_hit_tokens: cache_hit_tokens
              output_tokens: output_tokens
            """, file: "traces.yaml")
    }
}
