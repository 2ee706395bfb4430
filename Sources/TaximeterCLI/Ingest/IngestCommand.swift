import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter ingest`: takes usage events in from files.
struct IngestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest", abstract: "Take usage events in from files, each exactly once.",
        discussion: """
            Reads JSON lines and CSV in the event format (docs/event-format.md), or any CSV through a mapping file; plain or \
            gzip; "-" is standard input. A request id counts once per account, for ever: the same file again adds nothing. \
            A row with "reverses" undoes the event of that request id. Rows that cannot be accepted go to the rejects file \
            with their line and reason, and stop no other row; the exit code is then 65.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, csv }

    @Argument(help: "Files, or - for standard input.")
    var files: [String]
    @Option(help: "The files' format. By default told by the name: .jsonl, .ndjson, .csv, with or without .gz.")
    var format: Format?
    @Option(help: ArgumentHelp("How the columns of the CSV make an event: a YAML file.", valueName: "file"))
    var mapping: String?
    @Option(help: ArgumentHelp("Where rows go that cannot be accepted.", valueName: "file"))
    var rejects = "taximeter-rejects.jsonl"
    @Option(help: "How many events a transaction stores.")
    var batchSize = 10_000
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one file, or - for standard input") }
        if !(1...100_000).contains(batchSize) { throw ValidationError("--batch-size must be 1 to 100000") }
        if mapping != nil, format == .jsonl { throw ValidationError("--mapping is for CSV") }
    }

    func run() throws {
        let formats = try files.map(eventFormat)
        let store = try database.store()
        let rejected = RejectsFile(path: rejects)
        var totals = IngestCounts()
        for (file, format) in zip(files, formats) {
            let ingest = Ingest(store: store, rejects: rejected, batchSize: batchSize)
            let counts = try ingest.run(InputFile(file), format)
            print("\(file == "-" ? "stdin" : file): \(counts)")
            totals.add(counts)
        }
        if files.count > 1 { print("all: \(totals)") }
        if rejected.count > 0 {
            FileHandle.standardError.write(Data("taximeter: rows that were not accepted are in \(rejects)\n".utf8))
            throw ExitCode.badData
        }
    }

    private func eventFormat(of file: String) throws -> EventFormat {
        if let mapping {
            guard let text = try? String(contentsOfFile: mapping, encoding: .utf8) else {
                throw InputError(file: mapping, problem: "the mapping cannot be read")
            }
            return .mapped(try EventMapping.parse(text, file: mapping))
        }
        let name = file.lowercased().hasSuffix(".gz") ? file.dropLast(3).lowercased() : file.lowercased()
        switch format {
        case .jsonl: return .jsonLines
        case .csv: return .csv
        case nil:
            if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") { return .jsonLines }
            if name.hasSuffix(".csv") { return .csv }
            throw InputError(
                file: file == "-" ? "stdin" : file,
                problem: "its name does not tell the format: say --format jsonl or csv")
        }
    }
}

/// What became of the rows of a file.
struct IngestCounts: CustomStringConvertible {
    var accepted = 0
    var duplicates = 0
    var conflicts = 0
    var rejected = 0
    var reversed = 0
    var reversedBefore = 0

    var rows: Int { accepted + duplicates + conflicts + rejected + reversed + reversedBefore }

    mutating func add(_ answer: EventAnswer) {
        switch answer {
        case .accepted: accepted += 1
        case .duplicate: duplicates += 1
        case .conflict: conflicts += 1
        case .tooOldToCheck: rejected += 1
        }
    }

    mutating func add(_ answer: ReversalAnswer) {
        switch answer {
        case .reversed: reversed += 1
        case .alreadyReversed: reversedBefore += 1
        case .noOriginal: rejected += 1
        }
    }

    mutating func add(_ other: IngestCounts) {
        accepted += other.accepted
        duplicates += other.duplicates
        conflicts += other.conflicts
        rejected += other.rejected
        reversed += other.reversed
        reversedBefore += other.reversedBefore
    }

    var description: String {
        func count(_ number: Int) -> String { Figures.count(String(number)) }
        let reversals =
            reversed + reversedBefore == 0
            ? "" : ", \(count(reversed)) reversed, \(count(reversedBefore)) reversed before"
        return "\(count(rows)) rows: \(count(accepted)) accepted, \(count(duplicates)) duplicates, "
            + "\(count(conflicts)) conflicts, \(count(rejected)) rejected" + reversals
    }
}
