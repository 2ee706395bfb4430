import ArgumentParser
import Foundation
import Taximeter

/// `taximeter quote`: what a request costs, and why.
struct QuoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quote", abstract: "What a request costs, and how that comes about.",
        discussion: """
            One request by its options, or many with --batch: JSON lines in, one result a line out, in order (docs/quoting.md). \
            A request is priced as the first usage of its billing period, or after --counted tokens: with volume tiers, \
            contract discount and allowances. Amounts are exact; nothing is rounded.
            """)

    @Option(help: ArgumentHelp("Cases to quote, JSON lines, plain or gzip; - for standard input.", valueName: "file"))
    var batch: String?
    @Option(help: "The model.")
    var model: String?
    @Option(help: "When the request was completed, RFC 3339. Default: when it started, else now.")
    var completedAt: InstantArgument?
    @Option(help: "When it started, RFC 3339. Default: when it was completed.")
    var startedAt: InstantArgument?
    @Option(help: "Where it came from.")
    var channel = "api"
    @Option(help: "Its service tier.")
    var serviceTier = "standard"
    @Option(help: ArgumentHelp("A multiplier besides the service tier's; may be repeated.", valueName: "name"))
    var multiplier: [String] = []
    @Option(help: "Input tokens read from the prompt cache.")
    var cacheHit: Int64 = 0
    @Option(help: "Input tokens that had to be computed.")
    var cacheMiss: Int64 = 0
    @Option(help: "Input tokens written to the cache.")
    var cacheWrite: Int64 = 0
    @Option(name: .customLong("cache-write-1h"), help: "Input tokens written to the cache for an hour.")
    var cacheWrite1h: Int64 = 0
    @Option(help: "Output tokens.")
    var output: Int64 = 0
    @Option(help: "Tokens that every volume counter has counted before in the billing period.")
    var counted: Int64 = 0
    @Flag(help: "Print one line of JSON, as --batch does.")
    var json = false
    @OptionGroup var source: PriceBookOptions

    private var tokens: [Int64] { [cacheHit, cacheMiss, cacheWrite, cacheWrite1h, output] }

    func validate() throws {
        if (batch == nil) == (model == nil) { throw ValidationError("give --model, or --batch with a file of cases") }
        if batch != nil, source.priceBook == "-", batch == "-" {
            throw ValidationError("only one of --price-book and --batch can be standard input")
        }
        let range = 0...UsageEvent.maximumTokenCount
        if !(tokens + [counted]).allSatisfy(range.contains) {
            throw ValidationError("token counts must be from 0 to \(range.upperBound)")
        }
        if let startedAt, let completedAt, completedAt.instant < startedAt.instant {
            throw ValidationError("--started-at must not be after --completed-at")
        }
    }

    func run() throws {
        let rater = PeriodRater(Rater(book: try source.read()))
        let before = PeriodCounts(counted, on: rater.rater)
        if let batch {
            var quotes = QuoteBatch(quoter: BatchQuoter(rater, counted: before))
            try quotes.run(batch)
        } else {
            try quote(rater, before)
        }
    }

    private func quote(_ rater: PeriodRater, _ before: PeriodCounts) throws {
        let usage = try usage(rater.rater.book.ratingInstant)
        let quote = try rater.explain(usage, counted: before)
        if json {
            print(BatchQuoter.json(of: quote, rater.rater.book))
        } else {
            print(QuoteText.text(quote, usage, rater.rater.book), terminator: "")
        }
        if case .unpriced = quote.rating { throw ExitCode.badData }
    }

    private func usage(_ ratingInstant: RatingInstant) throws -> RatableUsage {
        let (started, completed) = (startedAt ?? completedAt, completedAt ?? startedAt)
        guard let instant = ((ratingInstant == .startedAt ? started : completed) ?? .now)?.instant else {
            throw ValidationError("the clock of this machine is out of range: give --completed-at")
        }
        let tokens = TokenCounts(
            cacheHit: cacheHit, cacheMiss: cacheMiss, cacheWrite: cacheWrite, cacheWrite1h: cacheWrite1h,
            output: output)
        return RatableUsage(
            model: try name(model ?? "", "--model"), channel: try name(channel, "--channel"),
            serviceTier: try name(serviceTier, "--service-tier"), instant: instant,
            size: .request(totalInput: tokens.totalInput ?? .max, output: output), tokens: tokens,
            multipliers: try multiplier.map { try name($0, "--multiplier") })
    }

    private func name(_ text: String, _ option: String) throws -> Identifier {
        do { return try Identifier(text) } catch { throw ValidationError("\(option) \(error)") }
    }
}
