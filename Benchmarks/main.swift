import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres

// `make bench`: each figure next to a baseline of the same run, because only the ratio means anything on another machine.
// Names of benchmarks as arguments run those alone. `--events N` is how many events the jobs get; `soak [--minutes N]`
// and `full` run only when they are named.

var arguments = Array(CommandLine.arguments.dropFirst())

/// Takes a number of at least so much out of the arguments.
func option(_ name: String, in arguments: inout [String], default value: Int, atLeast least: Int) -> Int {
    guard let place = arguments.firstIndex(of: name) else { return value }
    guard place + 1 < arguments.count, let number = Int(arguments[place + 1]), number >= least else {
        FileHandle.standardError.write(Data("benchmarks: \(name) takes a number, of at least \(least)\n".utf8))
        exit(64)
    }
    arguments.removeSubrange(place...place + 1)
    return number
}

let jobEvents = option("--events", in: &arguments, default: 2_000_000, atLeast: 16 * JobsWorkload.days)
let soakMinutes = option("--minutes", in: &arguments, default: 2, atLeast: 1)
let wanted = Set(arguments)
let home = FileManager.default.temporaryDirectory
    .appending(path: "taximeter-bench-\(ProcessInfo.processInfo.processIdentifier)")
let cluster = EmbeddedCluster(home: home.path)

func run(_ name: String, _ benchmark: () throws -> Void) throws {
    if wanted.isEmpty || wanted.contains(name) { try benchmark() }
}

/// A store of a benchmark's own, on a server of this run's own; started only when something asks for it.
func server(_ database: String) throws -> (options: ConnectionOptions, connectionString: String) {
    let address = try cluster.start()
    try Connection.open(ConnectionOptions(address.connectionString))
        .execute("CREATE DATABASE \(unsafe: database)")
    let connectionString = address.with(database: database).connectionString
    let options = ConnectionOptions(connectionString)
    try Store.migrate(options)
    return (options, connectionString)
}

var failure: (any Error)?
do {
    try FileManager.default.createDirectory(
        at: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    // First, while the process is small: it measures memory.
    if wanted.contains("soak") {
        try SoakBenchmark(folder: home, options: try server("soak").options, minutes: soakMinutes).run()
    }
    if wanted.contains("full") { try SoakBenchmark.fill(folder: home) }
    try run("meter", MeterBenchmark(home).run)
    try run("spool", SpoolBenchmark(home).run)
    // Before the workload, whose memory is not its own.
    try run("periods", PeriodBenchmark().run)
    let workload = try Workload(events: 200_000)
    try run("rating", RatingBenchmark(workload).run)
    try run("quoting", QuotingBenchmark(workload).run)
    try run("reading", ReadingBenchmark(workload).run)
    try run("generating") { try GeneratingBenchmark().run() }
    try run("billing") { try BillingBenchmark(server("billing").options).run() }
    if wanted.isEmpty || !wanted.isDisjoint(with: ["ingest", "courier"]) {
        let (options, address) = try server("ingest")
        try run("courier", CourierBenchmark(workload: workload, options: options, connectionString: address).run)
        try run("ingest", IngestBenchmark(workload, options).run)
    }
    // A quarter and a sixteenth before the whole: the time must not grow faster than the events.
    try run("jobs") {
        for part in [16, 4, 1] {
            try JobsBenchmark(events: jobEvents / part, options: server("jobs_\(part)").options).run()
        }
    }
    try run("balance") { try BalanceBenchmark(options: server("balance").options).run() }
    try run("margins") { try MarginsBenchmark(options: server("margins").options).run() }
    try run("views") { try ViewsBenchmark(options: server("views").options).run() }
} catch {
    failure = error
}
_ = try? cluster.stop(.immediate)
try? FileManager.default.removeItem(at: home)
if let failure {
    FileHandle.standardError.write(Data("benchmarks: \(failure)\n".utf8))
    exit(1)
}
