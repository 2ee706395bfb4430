import ArgumentParser
import Taximeter

/// `taximeter tariffs diff`.
struct TariffsDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Say what differs between two price books.",
        discussion: """
            Models are matched by name, versions by their start. A new version (+) is compared with the old book's version in \
            force at its start, one that is gone (-) with the new book's. Values are those of the canonical form: "over 200000" \
            is "from 200001", a factor for all classes is one for each. Changes in per cent are exact; one that is rounded to \
            two decimals is marked ≈; between two currencies there are none. Exit code 0, whatever differs.
            """)

    @Argument(help: "The price book before; - for standard input.")
    var old: String
    @Argument(help: "The price book afterwards.")
    var new: String
    @Flag(help: "Exit with 1 when the books differ, as git diff does.")
    var exitCode = false

    func run() throws {
        let books = try PriceBookFiles.read([old, new])
        guard let before = books.first, let after = books.last else { return }
        let difference = before.difference(to: after)
        print(difference.sections.isEmpty ? "no difference\n" : Self.text(difference), terminator: "")
        if exitCode, !difference.sections.isEmpty { throw ExitCode(1) }
    }

    static func text(_ difference: PriceBookDifference) -> String {
        // A price in one currency is no percentage of a price in another.
        let hasPercent = !difference.sections.contains { section in
            section.subject == .book && section.changes.contains { $0.path == "currency" }
        }
        return difference.sections.map { section in
            let lines =
                section.changes.isEmpty ? ["the same values"] : section.changes.map { line($0, hasPercent: hasPercent) }
            return title(section) + "\n" + lines.map { "    \($0)\n" }.joined()
        }.joined()
    }

    private static func title(_ section: PriceBookDifference.Section) -> String {
        let subject =
            switch section.subject {
            case .book: "the book"
            case .model(let model): "\(model)"
            case .version(let model, let from): "\(model), version from \(from)"
            }
        func against(_ start: Instant?) -> String { start.map { ", against the version from \($0)" } ?? "" }
        return switch section.kind {
        case .changed: "  \(subject)"
        case .added(let start): "+ \(subject)\(against(start))"
        case .removed(let start): "- \(subject)\(against(start))"
        }
    }

    private static func line(_ change: PriceBookDifference.Change, hasPercent: Bool) -> String {
        switch (change.before, change.after) {
        case (let before?, let after?):
            "\(change.path): \(before) → \(after)" + (hasPercent ? change.percent.map { " (\($0))" } ?? "" : "")
        case (let before?, nil): "\(change.path): \(before) → none"
        case (nil, let after): "\(change.path): none → \(after ?? "none")"
        }
    }
}
