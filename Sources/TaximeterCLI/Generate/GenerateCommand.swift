import ArgumentParser
import Foundation
import Taximeter
import TaximeterPostgres

/// `taximeter generate`: makes usage events that look like a profile's.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make usage events for benchmarks, demos and soak tests.",
        discussion: """
            Draws events from a load profile (docs/generating-load.md) or from ServeGen's data, a folder or a .tar.xz. The \
            same profile, options and seed give the same events on every machine. They go to a file of JSON lines, gzip when \
            the name ends in .gz, "-" for standard output, into the store, or into a spool, which `taximeter spool drain` \
            brings to the store.
            """)

    enum Pace: String, ExpressibleByArgument, CaseIterable { case fast, real }

    @Option(help: ArgumentHelp("A load profile, or ServeGen's data: a folder or a tar file.", valueName: "file"))
    var profile: String
    @Option(
        help: ArgumentHelp("Events per second, on average over a day. Default: the profile's.", valueName: "number"))
    var rate: Decimal6?
    @Option(help: ArgumentHelp("How many accounts. Default: as many as the profile has.", valueName: "count"))
    var accounts: Int?
    @Option(help: "What the random numbers start from; another seed gives other events.")
    var seed: UInt64 = 1
    @Option(
        help: ArgumentHelp(
            "The first instant or UTC day. Default: 2025-01-01; with --pace real, the present.", valueName: "instant"))
    var from: InstantArgument?
    @Option(
        help: ArgumentHelp(
            "How long: 90s, 30m, 12h or 7d. Default: 1d, or without end when --count is given.", valueName: "length"))
    var duration: LengthOfTime?
    @Option(help: ArgumentHelp("Stop after so many events.", valueName: "count"))
    var count: Int?
    @Option(help: ArgumentHelp("Write JSON lines to a file, or - for standard output.", valueName: "file"))
    var output: String?
    @Flag(help: "Store the events in the database.")
    var intoStore = false
    @Option(help: ArgumentHelp("Record the events into a spool, as a serving process does.", valueName: "folder"))
    var spool: String?
    @Option(help: ArgumentHelp("The most that the spool may hold, in MiB.", valueName: "MiB"))
    var spoolLimit = 1_024
    @Option(help: "As fast as possible, or as fast as the events' own time passes.")
    var pace = Pace.fast
    @Option(help: "How many events a write or a transaction takes.")
    var batchSize = 10_000
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if [output != nil, intoStore, spool != nil].count(where: \.self) != 1 {
            throw ValidationError("say one of --output, --into-store and --spool")
        }
        if !intoStore, database.databaseURL != nil {
            throw ValidationError("--database-url goes with --into-store")
        }
        if !(1...1_048_576).contains(spoolLimit) { throw ValidationError("--spool-limit must be 1 to 1048576") }
        if let count, count < 1 { throw ValidationError("--count must be 1 or more") }
        if !(1...100_000).contains(batchSize) { throw ValidationError("--batch-size must be 1 to 100000") }
    }

    func run() throws {
        let profile = try LoadProfileInput.read(profile)
        let generator = try generator(profile)
        let counts = try play(generator.events, from: generator.from, into: sink())
        if output == "-" { return }
        print("\(output ?? spool ?? "store"): \(counts)")
        if counts.conflicts > 0 {
            FileHandle.standardError.write(
                Data("taximeter: request ids are stored with other content; take another --seed\n".utf8))
            throw ExitCode.badData
        }
    }

    private func sink() throws -> any EventSink {
        if let output { return try FileSink(output) }
        if let spool { return try SpoolSink(spool, byteLimit: spoolLimit << 20) }
        return StoreSink(try database.store())
    }

    private func generator(_ profile: LoadProfile) throws -> (events: LoadGenerator, from: Instant) {
        let present = pace == .real ? InstantArgument.now : nil
        guard let from = (from ?? present ?? InstantArgument(argument: "2025-01-01"))?.instant else {
            throw ValidationError("--from is not an instant")
        }
        let length = duration?.microseconds ?? (count == nil ? Instant.day : nil)
        let until = length.map { from.advanced(byMicroseconds: $0) ?? .latest } ?? UsageEvent.latestInstant
        do {
            let events = try LoadGenerator(
                profile, from: from, until: until, seed: seed, rate: rate?.millionths, accounts: accounts)
            return (events, from)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func play(_ generator: LoadGenerator, from: Instant, into sink: any EventSink) throws -> IngestCounts {
        var generator = generator
        let pacer = pace == .real ? Pacer(from: from) : nil
        let progress = ProgressBar()
        defer { progress.clear() }
        var batch: [UsageEvent] = []
        batch.reserveCapacity(batchSize)
        var made = 0
        func flush() throws {
            if batch.isEmpty { return }
            try sink.take(batch)
            made += batch.count
            progress.show("\(Figures.count(String(made))) events", done: made, of: count)
            batch.removeAll(keepingCapacity: true)
        }
        while made + batch.count < count ?? .max, let event = try generator.next() {
            if let wait = pacer?.wait(for: event) {
                try flush()
                Pacer.sleep(wait)
            }
            batch.append(event)
            if batch.count >= batchSize { try flush() }
        }
        try flush()
        return try sink.finish()
    }
}
