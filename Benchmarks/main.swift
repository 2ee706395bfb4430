import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres

// `make bench`: each figure next to a baseline of the same run, because only the ratio means anything on another machine.
// Names of benchmarks as arguments run those alone.

let wanted = Set(CommandLine.arguments.dropFirst())
let home = FileManager.default.temporaryDirectory
    .appending(path: "taximeter-bench-\(ProcessInfo.processInfo.processIdentifier)")
let cluster = EmbeddedCluster(home: home.path)

func run(_ name: String, _ benchmark: () throws -> Void) throws {
    if wanted.isEmpty || wanted.contains(name) { try benchmark() }
}

/// A server of this run's own; started only when something asks for it.
func server() throws -> ConnectionOptions {
    let options = ConnectionOptions(try cluster.start().connectionString)
    try Store.migrate(options)
    return options
}

var failure: (any Error)?
do {
    try FileManager.default.createDirectory(
        at: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    try run("meter", MeterBenchmark(home).run)
    try run("spool", SpoolBenchmark(home).run)
    let workload = try Workload(events: 200_000)
    try run("rating", RatingBenchmark(workload).run)
    try run("periods", PeriodBenchmark().run)
    try run("quoting", QuotingBenchmark(workload).run)
    try run("reading", ReadingBenchmark(workload).run)
    // Jobs work on the events that the ingestion has stored.
    if wanted.isEmpty || !wanted.isDisjoint(with: ["ingest", "jobs"]) {
        try IngestBenchmark(workload, server()).run()
        try run("jobs") { try JobsBenchmark(workload, server()).run() }
    }
} catch {
    failure = error
}
_ = try? cluster.stop(.immediate)
try? FileManager.default.removeItem(at: home)
if let failure {
    FileHandle.standardError.write(Data("benchmarks: \(failure)\n".utf8))
    exit(1)
}
