import ArgumentParser
import TaximeterPostgres

/// `taximeter run`: rolls up and rates what has changed.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Roll events up, rate them into charges and compute margins, wherever something changed.",
        discussion: """
            It can be killed at any time and run again, and several can run at once: charges and margins end up the \
            same. Usage without a price is counted and kept apart (view taximeter.unpriced_usage); it is never billed as 0.
            """)

    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let store = try database.store()
        let bar = ProgressBar()
        let summary = try store.run { bar.show($0.stage.rawValue, done: $0.done, of: $0.total) }
        bar.clear()
        print(Self.text(summary))
    }

    static func text(_ summary: RunSummary) -> String {
        func count(_ number: Int) -> String { Figures.count(String(number)) }
        let rating = summary.rating
        let unpriced = rating.unpriced == 0 ? "" : ", \(count(rating.unpriced)) of them without a price"
        return "\(count(summary.hours)) hours rolled up, \(count(rating.periods)) account periods rated: "
            + "\(count(rating.charges)) charges, \(count(rating.written)) changed\(unpriced)"
    }
}
