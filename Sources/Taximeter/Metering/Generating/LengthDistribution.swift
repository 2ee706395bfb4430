/// How often which length occurs: ranges with weights; within a range all whole numbers are equally likely.
struct LengthDistribution: Sendable, Hashable {
    /// A range of lengths.
    struct Bin: Sendable, Hashable {
        /// The first and the last length.
        let range: ClosedRange<Int64>
        let weight: UInt64
    }

    private let ranges: [ClosedRange<Int64>]
    private let table: AliasTable

    /// Nil when the weights cannot be drawn by; see ``AliasTable``.
    init?(_ bins: [Bin]) {
        guard let table = AliasTable(bins.map(\.weight)) else { return nil }
        ranges = bins.map(\.range)
        self.table = table
    }

    /// The same length always.
    init(constant: Int64) {
        ranges = [constant...constant]
        table = .single
    }

    func sample(_ random: inout SplitMix64) -> Int64 {
        let range = ranges[table.sample(&random)]
        let width = UInt64(range.upperBound - range.lowerBound)
        return width == 0 ? range.lowerBound : range.lowerBound + Int64(random.below(width + 1))
    }
}
