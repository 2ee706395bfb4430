import ArgumentParser
import Taximeter

/// `taximeter tariffs next-change`.
struct TariffsNextChangeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next-change", abstract: "When prices change next, and to what.",
        discussion: """
            The next moments at which a version, a schedule or an alias begins or ends, with the local time in the schedule's \
            zone and the prices per million tokens before and after, below all size bands. Looks 30 years ahead.
            """)

    @Option(help: "An instant, RFC 3339; changes after it. Default: now.")
    var after: InstantArgument?
    @Option(help: "How many moments, 1 to 10000.")
    var count = 1
    @OptionGroup var models: ModelOptions
    @OptionGroup var source: PriceBookOptions

    func validate() throws {
        if !(1...10_000).contains(count) { throw ValidationError("--count must be from 1 to 10000") }
    }

    func run() throws {
        guard let instant = (after ?? .now)?.instant else { return }
        let book = try source.read()
        let changes = Rater(book: book).changes(after: instant, count: count, of: try models.models(of: book))
        if changes.isEmpty { return print("\(book.name): nothing changes after \(instant)") }
        for (index, change) in changes.enumerated() {
            if index == 0 || changes[index - 1].instant != change.instant || changes[index - 1].zone != change.zone {
                print("\(change.instant)\(Self.local(change))")
            }
            print("  \(change.model): \(change.events.map(\.description).joined(separator: ", "))")
            print("    before: \(PriceTable.line(change.before))")
            print("    after:  \(PriceTable.line(change.after))")
        }
    }

    /// ` (2026-09-28 09:00, monday, Asia/Shanghai)`; nothing where the zone is UTC.
    private static func local(_ change: PriceChange) -> String {
        if change.zone == .utc { return "" }
        let (date, time) = change.zone.local(change.instant)
        return " (\(date) \(time), \(date.weekday), \(change.zone.identifier))"
    }
}
