/// Where size classes begin, as the smallest token count of each, from 0.
public struct SizeCuts: Sendable, Hashable {
    /// Lower bounds of the classes of total input, in order; the first is 0.
    public let input: [Int64]
    /// Lower bounds of the classes of output, in order; the first is 0.
    public let output: [Int64]

    /// The token classes that some version has no rate for, as bits by the raw value of ``TokenClass``. Of two requests alike, one
    /// that uses such a class may have no price where the other has one.
    public let unratedClasses: Int16

    /// The classes of these lower bounds, in any order.
    public init(
        input: some Sequence<Int64> = [], output: some Sequence<Int64> = [], unratedClasses: Int16 = 0
    ) {
        self.unratedClasses = unratedClasses
        self.input = Set(input).union([0]).sorted()
        self.output = Set(output).union([0]).sorted()
    }

    /// The classes of both together: a bound of either is a bound of the union.
    public func union(_ other: SizeCuts) -> SizeCuts {
        SizeCuts(
            input: input + other.input, output: output + other.output,
            unratedClasses: unratedClasses | other.unratedClasses)
    }
}

extension PriceBook {
    /// Every instant strictly inside the range at which some price may change, in order: the edges of versions, aliases
    /// and schedules. Between two of them the book prices everything alike.
    public func cuts(in range: Range<Instant>) -> [Instant] {
        var cuts: Set<Instant> = []
        for tariff in tariffs {
            for period in tariff.aliases.map(\.effective) + tariff.versions.map(\.effective) {
                cuts.formUnion([period.from, period.until].compactMap(\.self))
            }
            for version in tariff.versions {
                guard let part = version.effective.clamped(range) else { continue }
                for schedule in version.rules.schedules { cuts.formUnion(schedule.window.edges(in: part)) }
            }
        }
        return cuts.filter { range.lowerBound < $0 && $0 < range.upperBound }.sorted()
    }

    /// The request sizes at which some price may change.
    public var sizeCuts: SizeCuts {
        let bands = tariffs.flatMap(\.versions).flatMap(\.rules.bands)
        let versions = tariffs.flatMap(\.versions)
        let unrated = TokenClass.allCases.filter { tokenClass in
            versions.contains { $0.prices.ratedClasses & tokenClass.bit == 0 }
        }
        return SizeCuts(
            input: bands.map(\.inputFrom), output: bands.map(\.outputFrom),
            unratedClasses: unrated.reduce(0) { $0 | $1.bit })
    }
}
