import TestKit
import Testing

@testable import Taximeter

/// A random request for a model of a book, with at most one multiplier, where prices are likely to change.
struct RandomRequest {
    /// The model, or one of its aliases, as the request names it.
    let usage: RatableUsage
    let tariff: Tariff
    let multiplier: Identifier?
    let hasBand: Bool
    let hasSchedule: Bool

    /// Requests over all tariffs in turn, and as many over those that have versions, bands, multipliers or schedules.
    static func all(
        _ count: Int, of book: PriceBook, using generator: inout SeededGenerator
    ) throws -> [RandomRequest] {
        func tariffs(_ isWanted: (TariffVersion) -> Bool) -> [Tariff] {
            let found = book.tariffs.filter { $0.versions.contains(where: isWanted) }
            return found.isEmpty ? book.tariffs : found
        }
        let kinds = [
            book.tariffs.filter { $0.versions.count > 1 }, tariffs { !$0.rules.bands.isEmpty },
            tariffs { !$0.rules.multipliers.isEmpty }, tariffs { !$0.rules.schedules.isEmpty },
        ].filter { !$0.isEmpty }
        return try (0..<count).map { index in
            let tariffs = index % 2 == 0 ? book.tariffs : kinds[index / 2 % kinds.count]
            return try RandomRequest(of: tariffs[index / 2 % tariffs.count], using: &generator)
        }
    }

    init(of tariff: Tariff, using generator: inout SeededGenerator) throws {
        self.tariff = tariff
        var instant = try Self.instant(of: tariff, using: &generator)
        let version = try #require(tariff.versions.last { $0.effective.contains(instant) } ?? tariff.versions.first)
        if !version.effective.contains(instant) { instant = version.effective.from }
        let tokens = Self.tokens(of: version.rules, using: &generator)
        let names = [tariff.model] + tariff.aliases.map(\.name)
        multiplier =
            Bool.random(using: &generator) ? version.rules.multipliers.randomElement(using: &generator)?.name : nil
        // As the service tier, or selected: the same.
        let isTier = Bool.random(using: &generator)
        let standard = try Identifier("standard")
        usage = RatableUsage(
            model: names.randomElement(using: &generator) ?? tariff.model, channel: try Identifier("api"),
            serviceTier: isTier ? multiplier ?? standard : standard, instant: instant,
            size: .request(totalInput: tokens.totalInput ?? 0, output: tokens.output), tokens: tokens,
            multipliers: isTier ? [] : [multiplier].compactMap(\.self))
        let input = tokens.totalInput ?? 0
        hasBand = version.rules.bands.contains { input >= $0.inputFrom && tokens.output >= $0.outputFrom }
        hasSchedule = version.rules.schedules.contains { $0.window.contains(instant) }
    }

    /// Microseconds and counts, as the scripts read them.
    var fields: [String] { ["\(usage.instant.microseconds)"] + TokenClass.allCases.map { "\(usage.tokens[$0])" } }

    /// Anywhere in one of the versions, or within a microsecond of an edge of it or of a schedule. The last one ends, for
    /// this, in 2028.
    private static func instant(of tariff: Tariff, using generator: inout SeededGenerator) throws -> Instant {
        let first = tariff.versions[0].effective.from
        let version = tariff.versions.randomElement(using: &generator) ?? tariff.versions[0]
        let end = version.effective.until?.microseconds ?? 1_830_000_000_000_000
        let anywhere = try #require(
            Instant(microseconds: Int64.random(in: version.effective.from.microseconds..<end, using: &generator)))
        guard Bool.random(using: &generator) else { return anywhere }
        var edges = [version.effective.from]
        if let schedule = version.rules.schedules.randomElement(using: &generator), Bool.random(using: &generator) {
            let next = try #require(anywhere.advanced(byMicroseconds: 4 * Instant.day))
            edges = schedule.window.edges(in: anywhere..<next)
        }
        let edge = edges.randomElement(using: &generator) ?? first
        return max(first, edge.advanced(byMicroseconds: Int64.random(in: -1...1, using: &generator)) ?? edge)
    }

    /// Of the classes that have a rate: up to a million tokens each, or a total within two tokens of a threshold.
    private static func tokens(of rules: PriceRules, using generator: inout SeededGenerator) -> TokenCounts {
        let sizes: [Int64] = [0, 1, 1000, 200_000, 1_000_000]
        var tokens = TokenCounts()
        for tokenClass in TokenClass.allCases where rules.rates[tokenClass] != nil {
            tokens[tokenClass] = Int64.random(in: 0...(sizes.randomElement(using: &generator) ?? 0), using: &generator)
        }
        if let band = rules.bands.randomElement(using: &generator), Bool.random(using: &generator),
            rules.rates[.cacheMiss] != nil
        {
            let total = max(0, band.inputFrom + Int64.random(in: -2...1, using: &generator))
            for tokenClass in [TokenClass.cacheHit, .cacheWrite, .cacheWrite1h] {
                tokens[tokenClass] = min(tokens[tokenClass], total / 4)
            }
            tokens.cacheMiss = total - tokens.cacheHit - tokens.cacheWrite - tokens.cacheWrite1h
        }
        return tokens
    }
}
