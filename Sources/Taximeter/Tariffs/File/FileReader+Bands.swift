extension FileReader {
    /// The bands of a version, wider ones first.
    func bands(_ node: FileNode, on base: BaseRates) -> [Band] {
        let items = list(node, expected: "a list of bands") ?? []
        var read: [(band: Band, node: FileNode)] = []
        for item in items {
            guard let band = band(item, on: base) else { continue }
            if read.contains(where: { $0.band.name == band.name }) {
                report(item, found: "a second band \(band.name)", expected: "a name of its own for each band")
            }
            if band.inputFrom == 0, band.outputFrom == 0 { continue }  // reported: no threshold could be read
            if let same = read.first(where: { $0.band.isSame(as: band) }) {
                report(item, found: "the thresholds of band \(same.band.name)", expected: "thresholds of its own")
            }
            read.append((band, item))
        }
        checkNarrowest(read)
        return read.map(\.band).sorted { ($0.inputFrom, $0.outputFrom) < ($1.inputFrom, $1.outputFrom) }
    }

    private func band(_ node: FileNode, on base: BaseRates) -> Band? {
        guard let fields = fields(node, keys: ["name", "input", "output", "rates", "factors", "factor"]) else {
            return nil
        }
        if fields["input"] == nil, fields["output"] == nil {
            report(node, missing: "input", found: "nothing", expected: "a threshold on input, output or both")
        }
        let name = identifier(required(fields, "name", expected: "a name for the band"))
        let (input, output) = (threshold(fields["input"]), threshold(fields["output"]))
        let rules = rules(fields, on: base)
        return name.map { Band(name: $0, inputFrom: input, outputFrom: output, rules: rules) }
    }

    /// `{over: 200000}` or `{from: 200000}`, as the smallest token count that reaches it.
    private func threshold(_ node: FileNode?) -> Int64 {
        guard let node, let fields = fields(node, keys: ["over", "from"]) else { return 0 }
        guard (fields["over"] == nil) != (fields["from"] == nil) else {
            report(node, found: fields["over"] == nil ? "neither" : "both", expected: "either over (>) or from (>=)")
            return 0
        }
        let over = count(fields["over"], in: 0...Int64.max - 1).map { $0 + 1 }
        return over ?? count(fields["from"], in: 1...Int64.max) ?? 0
    }

    /// A whole number of tokens.
    func count(_ node: FileNode?, in range: ClosedRange<Int64>) -> Int64? {
        value(node, expected: "a whole number of tokens from \(range.lowerBound) to \(range.upperBound)") { text in
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(text) else { return nil }
            return range.contains(count) ? count : nil
        }
    }

    /// Where two bands cross, a request can be in both and in neither more than in the other: the band of the corner
    /// must be spelled out.
    private func checkNarrowest(_ read: [(band: Band, node: FileNode)]) {
        let corners = Set(read.map { [$0.band.inputFrom, $0.band.outputFrom] })
        for (index, later) in read.enumerated() {
            for earlier in read[..<index] {
                let input = max(earlier.band.inputFrom, later.band.inputFrom)
                let output = max(earlier.band.outputFrom, later.band.outputFrom)
                if !corners.contains([input, output]) {
                    report(
                        later.node, found: "bands \(earlier.band.name) and \(later.band.name), which cross",
                        expected: "a band for input from \(input) and output from \(output), where both would hold")
                }
            }
        }
    }
}

extension Band {
    fileprivate func isSame(as other: Band) -> Bool {
        inputFrom == other.inputFrom && outputFrom == other.outputFrom
    }
}
