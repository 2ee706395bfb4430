/// One thing measured next to a baseline that does the same work in the plainest way, in the same run.
struct Benchmark {
    let name: String
    let unit: String
    let runs: Int
    /// What has to be done before each run, and is not measured.
    var prepare: () throws -> Void = {}
    /// Both return how many units they did.
    let subject: () throws -> Int
    let baselineName: String
    let baseline: () throws -> Int

    /// Runs both in turn, so that a machine that changes speed changes both, and prints medians and their ratio.
    func run() throws {
        var rates: [Double] = []
        var baselineRates: [Double] = []
        for _ in 0..<runs {
            try prepare()
            rates.append(try Self.rate(subject))
            try prepare()
            baselineRates.append(try Self.rate(baseline))
        }
        let rate = Self.median(rates)
        let baselineRate = Self.median(baselineRates)
        print("\(name)")
        print("  \(Self.text(rate)) \(unit)/s")
        print("  \(Self.text(baselineRate)) \(unit)/s  \(baselineName)")
        print("  ratio \(Self.hundredths(rate / baselineRate))")
    }

    private static func rate(_ work: () throws -> Int) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let units = try work()
        let elapsed = (clock.now - start).components
        return Double(units) / (Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18)
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func text(_ rate: Double) -> String {
        rate >= 1e6 ? "\(hundredths(rate / 1e6)) M" : rate >= 1e3 ? "\(hundredths(rate / 1e3)) k" : hundredths(rate)
    }

    static func hundredths(_ value: Double) -> String {
        let rounded = Int((value * 100).rounded())
        return "\(rounded / 100).\(rounded % 100 < 10 ? "0" : "")\(rounded % 100)"
    }
}
