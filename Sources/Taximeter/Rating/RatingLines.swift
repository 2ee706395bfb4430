/// The lines that were met lately, each resolved once.
public struct RatingLines: Sendable {
    /// How many are kept: requests can carry any names, and memory must not grow with them. Far more than are in use.
    static let limit = 16_384

    private struct Names: Hashable {
        let model: Identifier
        let channel: Identifier
        let serviceTier: Identifier
        let multipliers: [Identifier]
    }

    private let rater: Rater
    private var known: [Names: RatingLine] = [:]
    /// How many are kept now.
    var count: Int { known.count }
    /// The line that was asked for last: requests that are alike often follow each other.
    private var last: RatingLine?

    /// No lines yet.
    public init(_ rater: Rater) { self.rater = rater }

    /// Usage with its line.
    public mutating func usage(_ usage: RatableUsage) -> PeriodUsage {
        PeriodUsage(line: line(of: usage), instant: usage.instant, size: usage.size, tokens: usage.tokens)
    }

    /// The line of usage.
    public mutating func line(of usage: RatableUsage) -> RatingLine {
        if let last, last.model == usage.model, last.channel == usage.channel, last.serviceTier == usage.serviceTier,
            last.multipliers == usage.multipliers
        {
            return last
        }
        let names = Names(
            model: usage.model, channel: usage.channel, serviceTier: usage.serviceTier, multipliers: usage.multipliers)
        let line = known[names] ?? rater.line(of: usage)
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
        known[names] = line
        last = line
        return line
    }
}
