import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres

// `make bench`: each figure next to a baseline of the same run, because only the ratio means anything on another machine.

let home = FileManager.default.temporaryDirectory
    .appending(path: "taximeter-bench-\(ProcessInfo.processInfo.processIdentifier)")
let cluster = EmbeddedCluster(home: home.path)
var failure: (any Error)?
do {
    try FileManager.default.createDirectory(
        at: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    let options = ConnectionOptions(try cluster.start().connectionString)
    try Store.migrate(options)
    let workload = try Workload(events: 200_000)
    let wanted = Set(CommandLine.arguments.dropFirst())
    func run(_ name: String, _ benchmark: () throws -> Void) throws {
        if wanted.isEmpty || wanted.contains(name) { try benchmark() }
    }
    try run("rating", RatingBenchmark(workload).run)
    try run("periods", PeriodBenchmark().run)
    try run("quoting", QuotingBenchmark(workload).run)
    try run("reading", ReadingBenchmark(workload).run)
    try run("generating", GeneratingBenchmark().run)
    try run("ingest", IngestBenchmark(workload, options).run)
    try run("jobs", JobsBenchmark(workload, options).run)
} catch {
    failure = error
}
_ = try? cluster.stop(.immediate)
try? FileManager.default.removeItem(at: home)
if let failure {
    FileHandle.standardError.write(Data("benchmarks: \(failure)\n".utf8))
    exit(1)
}
