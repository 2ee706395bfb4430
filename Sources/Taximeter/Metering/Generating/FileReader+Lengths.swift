extension FileReader {
    /// How often which length occurs: a number, `{quantiles: {0: 1, 50: 300, 100: 8000}}`, or
    /// `{histogram: [{from: 1, to: 100, weight: 5}]}`.
    ///
    /// - Parameter decimals: How many decimals the lengths may have; they are read in units of the last.
    func distribution(
        _ node: FileNode, of range: ClosedRange<Int64>, unit: String, decimals: Int = 0
    ) -> LengthDistribution? {
        let lengths = Lengths(range: range, unit: unit, decimals: decimals)
        if case .text = node.content { return length(node, lengths).map { LengthDistribution(constant: $0) } }
        guard let members = fields(node, keys: ["quantiles", "histogram"]) else { return nil }
        switch (members["quantiles"], members["histogram"]) {
        case (let quantiles?, nil): return self.quantiles(quantiles, lengths)
        case (nil, let histogram?): return self.histogram(histogram, lengths)
        default:
            report(node, expected: "a number of \(unit), or either quantiles or a histogram")
            return nil
        }
    }

    /// What lengths there may be.
    private struct Lengths {
        let range: ClosedRange<Int64>
        let unit: String
        let decimals: Int
    }

    private func length(_ node: FileNode?, _ lengths: Lengths) -> Int64? {
        let range = lengths.range
        let kind = lengths.decimals == 0 ? "a whole number" : "a number"
        let expected = "\(kind) of \(range.lowerBound) to \(range.upperBound) \(lengths.unit)"
        return value(node, expected: expected) { text in
            guard let units = try? DecimalText.units(text, decimals: lengths.decimals),
                let length = Int64(exactly: units)
            else { return nil }
            let unit = (0..<lengths.decimals).reduce(Int64(1)) { unit, _ in unit * 10 }
            return (range.lowerBound * unit...range.upperBound * unit).contains(length) ? length : nil
        }
    }

    /// Percentages of the requests, and the length that so many of them do not exceed. Between two, lengths are equally
    /// likely.
    private func quantiles(_ node: FileNode, _ lengths: Lengths) -> LengthDistribution? {
        guard let entries = entries(node, expected: "a mapping from percentages to \(lengths.unit)") else { return nil }
        let points = entries.compactMap { entry -> (node: FileNode, percent: UInt64, length: Int64)? in
            let percent = millionths(entry.key, 0...100_000_000)
            let length = length(entry.value, lengths)
            guard let percent, let length else { return nil }
            return (entry.value, percent, length)
        }
        guard points.count == entries.count else { return nil }
        guard points.count > 1, points.first?.percent == 0, points.last?.percent == 100_000_000 else {
            report(node, found: "quantiles that do not go from 0 to 100", expected: "those of 0 and 100 at its ends")
            return nil
        }
        var bins: [LengthDistribution.Bin] = []
        for (lower, upper) in zip(points, points.dropFirst()) {
            guard lower.percent < upper.percent, lower.length <= upper.length else {
                report(upper.node, expected: "percentages that increase, with lengths that do not decrease")
                return nil
            }
            // The edge itself belongs to the part below.
            let first = bins.isEmpty || lower.length == upper.length ? lower.length : lower.length + 1
            bins.append(.init(range: first...upper.length, weight: upper.percent - lower.percent))
        }
        return LengthDistribution(bins)
    }

    private func histogram(_ node: FileNode, _ lengths: Lengths) -> LengthDistribution? {
        guard let items = list(node, expected: "a list of ranges") else { return nil }
        let bins = items.compactMap { item -> LengthDistribution.Bin? in
            guard let members = fields(item, keys: ["from", "to", "weight"]) else { return nil }
            let from = length(required(members, "from", expected: "the shortest length of the range"), lengths)
            let to = length(required(members, "to", expected: "the longest length of the range"), lengths)
            let weight = millionths(
                required(members, "weight", expected: "how often it occurs"), 0...1_000_000_000_000)
            guard let from, let to, let weight else { return nil }
            if to < from {
                report(item, missing: "to", found: "\(to)", expected: "\(from) or more")
                return nil
            }
            return LengthDistribution.Bin(range: from...to, weight: weight)
        }
        guard bins.count == items.count else { return nil }
        guard let distribution = LengthDistribution(bins) else {
            report(node, found: "no range that occurs", expected: "at least one with a weight above zero")
            return nil
        }
        return distribution
    }
}
