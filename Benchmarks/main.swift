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
func server() throws -> (options: ConnectionOptions, connectionString: String) {
    let connectionString = try cluster.start().connectionString
    let options = ConnectionOptions(connectionString)
    try Store.migrate(options)
    return (options, connectionString)
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
    try run("generating") { try GeneratingBenchmark().run() }
    if wanted.isEmpty || wanted.contains("billing") { try run("billing", BillingBenchmark(try server().options).run) }
    // Jobs work on the events that the ingestion has stored.
    if wanted.isEmpty || !wanted.isDisjoint(with: ["ingest", "courier", "jobs"]) {
        let (options, address) = try server()
        try run("courier", CourierBenchmark(workload: workload, options: options, connectionString: address).run)
        try run(wanted.contains("jobs") ? "jobs" : "ingest", IngestBenchmark(workload, options).run)
        try run("jobs", JobsBenchmark(workload, options).run)
    }
    try run("balance") { try BalanceBenchmark(options: server().options).run() }
} catch {
    failure = error
}
_ = try? cluster.stop(.immediate)
try? FileManager.default.removeItem(at: home)
if let failure {
    FileHandle.standardError.write(Data("benchmarks: \(failure)\n".utf8))
    exit(1)
}
