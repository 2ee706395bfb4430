import Foundation
import Glibc
import Taximeter

// Records events into a spool, each durably, and says so: what the fault tests kill.
//
// spool-recorder FOLDER COUNT PREFIX
//
// With the prefix `fork`, a forked child tries to record first, and its exit code is printed.

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[2]) else { exit(64) }
do {
    let spool = try Spool(arguments[1], options: SpoolOptions(byteLimit: 1 << 24, segmentByteCount: 600))
    let meter = Meter(spool: spool, options: MeterOptions(groupCommit: .zero))
    guard let instant = Instant(microseconds: 1_740_614_400_000_000) else { exit(70) }
    let event = MeterEvent(
        account: try meter.account(Identifier("acme")), model: try meter.model(Identifier("r1")),
        channel: try meter.channel(Identifier("api")), serviceTier: try meter.serviceTier(Identifier("standard")),
        startedAt: instant, completedAt: instant, tokens: TokenCounts(cacheMiss: 1, output: 2))
    if arguments[3] == "fork" {
        // Swift hides the call, because few things still work after it. A host may make it all the same.
        typealias Fork = @convention(c) () -> pid_t
        guard let symbol = dlsym(nil, "fork") else { exit(70) }
        let child = unsafeBitCast(symbol, to: Fork.self)()
        if child == 0 {
            do throws(MeterError) {
                try meter.record(event, requestID: "child")
                _exit(1)
            } catch {
                _exit(error.code == .forked ? 42 : 2)
            }
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        FileHandle.standardOutput.write(Data("child \(status >> 8 & 0xFF)\n".utf8))
    }
    for number in 0..<count {
        let id = "\(arguments[3])-\(number)"
        try meter.recordDurably(event, requestID: id)
        FileHandle.standardOutput.write(Data((id + "\n").utf8))
    }
    try meter.close()
    spool.close()
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
