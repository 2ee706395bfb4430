import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres

// `make bench`: each figure next to a baseline of the same run, because only the ratio means anything on another machine.
// Names of benchmarks as arguments choose among them: rating, reading, meter, spool, ingest, jobs.

let home = FileManager.default.temporaryDirectory
    .appending(path: "taximeter-bench-\(ProcessInfo.processInfo.processIdentifier)")
let cluster = EmbeddedCluster(home: home.path)
var failure: (any Error)?
let chosen = CommandLine.arguments.dropFirst()
func isChosen(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }
do {
    try FileManager.default.createDirectory(
        at: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    if isChosen("meter") { try MeterBenchmark(home).run() }
    if isChosen("spool") { try SpoolBenchmark(home).run() }
    let workload = try Workload(events: 200_000)
    if isChosen("rating") { try RatingBenchmark(workload).run() }
    if isChosen("reading") { try ReadingBenchmark(workload).run() }
    // Jobs work on the events that the ingestion has stored.
    if isChosen("ingest") || isChosen("jobs") {
        let options = ConnectionOptions(try cluster.start().connectionString)
        try Store.migrate(options)
        try IngestBenchmark(workload, options).run()
        if isChosen("jobs") { try JobsBenchmark(workload, options).run() }
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
