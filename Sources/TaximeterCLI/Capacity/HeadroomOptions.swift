import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// Headroom for N customers, on the command line: by a model, and by resampling the accounts that were metered.
struct HeadroomOptions: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "Numbers of customers to plan for.")
    var customers: [Int] = []
    @Option(help: "The model: the part of the time for which a customer is on, above 0, at most 1.")
    var activity = 0.01
    @Option(help: "The probability that there is enough: above 0, below 1.")
    var level = 0.99
    @Option(help: "The model: correlation between any two customers, 0 to 1.")
    var correlation = 0.0
    @Flag(help: "The model: the k-th customer's share is in proportion to 1/k, instead of all being equal.")
    var zipf = false
    @Option(
        help: """
            Besides the model, draw the customers this often from the accounts that were metered; of 100 to 10000 customers, \
            unless --customers are given.
            """)
    var resample: Int?
    @Option(
        help: "The seed that customers are drawn with; the same draws the same. (default: a random one, which is shown)"
    )
    var seed: UInt64 = .random(in: 0...UInt64(UInt32.max))

    private static let curve = [100, 300, 1_000, 3_000, 10_000]
    private var sizes: [Int] { customers.isEmpty && resample != nil ? Self.curve : customers }

    func validate() throws {
        if Pooling(activity: activity, level: level) == nil {
            throw ValidationError("--activity must be above 0 and at most 1, --level above 0 and below 1")
        }
        if !(0...1).contains(correlation) { throw ValidationError("--correlation must be from 0 to 1") }
        if !customers.allSatisfy({ (1...10_000_000).contains($0) }) {
            throw ValidationError("--customers must be from 1 to 10000000")
        }
        guard let resample else { return }
        if resample < 1 || CustomerDraws.customers(sizes, resample) == nil {
            throw ValidationError(
                "--resample must be at least 1, and together with --customers draw at most "
                    + "\(CustomerDraws.mostCustomers) customers in all")
        }
    }

    /// The multiple of the mean for each number of customers. Probabilities: no money and no tokens.
    func ofModel() -> [CapacityCommand.Figure] {
        guard let model = Pooling(activity: activity, level: level) else { return [] }
        return sizes.compactMap { count in
            let isPlain = !zipf && correlation == 0
            let squares = zipf ? Pooling.sumOfSquaresOfZipf(customers: count) : 1 / Double(count)
            let multiple =
                isPlain
                ? model.multiple(customers: count)
                : squares.map { model.approximateMultiple(sumOfSquares: $0, correlation: correlation) }
            return multiple.map {
                .init("multiple_of_the_mean_for_\(count)_customers", Self.text($0), places: 2)
            }
        }
    }

    /// The curve of the accounts that were metered; nil where it was not asked for, or there are none.
    func curve(of range: MeteredRange, _ store: Store) throws -> HeadroomCurve? {
        guard let resample, let model = Pooling(activity: activity, level: level) else { return nil }
        return try store.headroomCurve(
            range.from.instant..<range.to.instant, customers: sizes, samples: resample, for: model, seed: seed)
    }

    /// The curve as figures of a program.
    func figures(_ curve: HeadroomCurve) -> [CapacityCommand.Figure] {
        [
            .init("resampled_accounts", String(curve.accounts), places: 0),
            .init("resampled_seed", String(seed), places: 0),
        ]
            + [("output_tokens", curve.outputTokens), ("requests", curve.requests)].flatMap { name, multiples in
                multiples.flatMap { multiple in
                    [
                        ("hour", multiple.ofAnHour), ("peak_hour_median", multiple.ofPeakHourInHalf),
                        ("peak_hour", multiple.ofPeakHour),
                    ].map { measure, value in
                        .init(
                            "resampled_\(measure)_multiple_of_\(name)_for_\(multiple.customers)_customers",
                            Self.text(value), places: 2)
                    }
                }
            }
    }

    /// The curve for a terminal.
    func table(_ curve: HeadroomCurve) -> String {
        let percent = Figures.percent(String(level))
        var table = TextTable([
            .init(title: "customers", isNumber: true), .init(title: "of", isNumber: false),
            .init(title: "\(percent) of hours", isNumber: true),
            .init(title: "peak hour, median", isNumber: true),
            .init(title: "peak hour, \(percent)", isNumber: true),
        ])
        for (name, multiples) in [("output tokens", curve.outputTokens), ("requests", curve.requests)] {
            for multiple in multiples {
                table.append(
                    [Figures.count(String(multiple.customers)), name]
                        + [multiple.ofAnHour, multiple.ofPeakHourInHalf, multiple.ofPeakHour].map {
                            Figures.decimal(Self.text($0), places: 2)
                        })
            }
        }
        return table.text
            + "multiples of their own mean, of customers drawn \(resample ?? 0) times from the "
            + "\(Figures.count(String(curve.accounts))) accounts metered, seed \(seed)\n"
    }

    private static func text(_ multiple: Double) -> String { String(format: "%.4f", multiple) }
}
