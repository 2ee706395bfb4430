import TestKit
import Testing

@testable import Taximeter

/// The published day's usage: its sums are the published ones, and its shares are what the README says.
@Suite struct PublishedUsageTests {
    private static func events() throws -> [UsageEvent] {
        let read = ReadEvents(try PublishedDay.text("usage.csv"), .csv)
        #expect(read.headerFault == nil)
        #expect(read.rejects == [])
        return read.events
    }

    private static let classes: [(tokenClass: TokenClass, total: Int128)] = [
        (.cacheHit, 342_000_000_000), (.cacheMiss, 266_000_000_000), (.output, 168_000_000_000),
    ]

    /// Largest remainder, written a second time: floors, then one more for the largest remainders, the first among
    /// equals.
    private static func shares(_ total: Int128, _ weights: [Int128]) -> [Int128] {
        let sum = weights.reduce(0, +)
        var shares = weights.map { total * $0 / sum }
        var remainders = weights.map { total * $0 % sum }
        while shares.reduce(0, +) < total {
            let largest = remainders.indices.reduce(0) { remainders[$1] > remainders[$0] ? $1 : $0 }
            shares[largest] += 1
            remainders[largest] = -1
        }
        return shares
    }

    @Test func sumsToThePublishedTotals() throws {
        let events = try Self.events()
        #expect(events.count == 48 * 14)
        for tokenClass in TokenClass.allCases {
            let expected = Self.classes.first { $0.tokenClass == tokenClass }?.total ?? 0
            #expect(events.map { Int128($0.tokens[tokenClass]) }.reduce(0, +) == expected)
        }
        // At R1's list price, in cents per million tokens: exactly $562,100.00.
        let cents = events.map { event in
            Int128(event.tokens.cacheHit) * 14 + Int128(event.tokens.cacheMiss) * 55 + Int128(event.tokens.output) * 219
        }
        #expect(cents.reduce(0, +) == 56_210_000 * 1_000_000)
    }

    @Test(arguments: classes)
    func sharesEveryHourByItsIncome(_ tokenClass: TokenClass, _ total: Int128) throws {
        let income = try PublishedDay.hours().map(\.income)
        #expect(income.reduce(0, +) == 562_027)
        var hours = [Int128](repeating: 0, count: 24)
        var halves = [Int128](repeating: 0, count: 48)
        for event in try Self.events() {
            let elapsed = event.completedAt.microseconds - PublishedDay.start
            hours[Int(elapsed / Instant.hour)] += Int128(event.tokens[tokenClass])
            halves[Int(elapsed / (30 * Instant.minute))] += Int128(event.tokens[tokenClass])
        }
        #expect(hours == Self.shares(total, income))
        #expect(try hours == LargestRemainder.shares(of: total, over: income))
        for hour in 0..<24 {
            #expect([halves[2 * hour], halves[2 * hour + 1]] == [(hours[hour] + 1) / 2, hours[hour] / 2])
        }
    }

    /// What DeepSeek did not publish is as assumed: 40 % by five customers over the API, 60 % R1.
    @Test(arguments: classes)
    func sharesEveryHalfByAccountAndModel(_ tokenClass: TokenClass, _ total: Int128) throws {
        let accounts: [(name: String, channel: String, thousandths: Int128)] = [
            ("acme", "api", 120), ("borealis", "api", 100), ("cobalt", "api", 80), ("delta", "api", 60),
            ("ember", "api", 40), ("web-users", "web", 250), ("app-users", "app", 350),
        ]
        let cells = accounts.flatMap { account in
            [("deepseek-reasoner", 600), ("deepseek-chat", 400)].map { (account, $0.0, account.thousandths * $0.1) }
        }
        let events = try Self.events()
        for start in stride(from: 0, to: events.count, by: cells.count) {
            let half = events[start..<start + cells.count]
            let sum = half.map { Int128($0.tokens[tokenClass]) }.reduce(0, +)
            #expect(half.map { Int128($0.tokens[tokenClass]) } == Self.shares(sum, cells.map(\.2)))
            #expect(half.map(\.account.text) == cells.map(\.0.name))
            #expect(half.map(\.channel.text) == cells.map(\.0.channel))
            #expect(half.map(\.model.text) == cells.map(\.1))
        }
    }

    @Test func everyRequestIDIsUniqueInItsAccount() throws {
        let events = try Self.events()
        #expect(Set(events.map { "\($0.account) \($0.requestID)" }).count == events.count)
        #expect(events.allSatisfy { $0.requests == max(1, $0.tokens.output / 1_000) })
    }

    @Test func thePriceBookParses() throws {
        let book = try PriceBook.parse(PublishedDay.text("price-book.yaml"), file: "price-book.yaml")
        #expect(book.name.text == "published-day")
        #expect(book.currency == .usd)
    }
}
