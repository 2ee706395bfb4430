#if Server
import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// examples/swift: a server that embeds the library, as its users would run it.
@Suite struct ExampleServerTests {
    /// What is answered is metered: a process that is asked to end ships it by itself, and what one that was killed had on its
    /// disk is drained.
    @Test(arguments: [SIGTERM, SIGKILL])
    func whatItServesIsMetered(_ signal: Int32) throws {
        let database = try TestDatabase()
        let folder = FileManager.default.temporaryDirectory.appending(path: "example-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let output = folder.appending(path: "output")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        let log = try FileHandle(forWritingTo: output)
        let spool = folder.appending(path: "spool").path
        let address = database.address.connectionString
        let server = try ChildProcess(
            program: URL(filePath: CommandLineTool.path).deletingLastPathComponent().appending(path: "example-server")
                .path,
            arguments: [], environment: ["PORT=0", "TAXIMETER_SPOOL=\(spool)", "TAXIMETER_DATABASE_URL=\(address)"],
            descriptors: [FileHandle.nullDevice, log, log].map(\.fileDescriptor))
        var port: UInt16?
        for _ in 0..<3_000 where port == nil {
            let text = try String(contentsOf: output, encoding: .utf8)
            port = text.firstMatch(of: /127.0.0.1:(\d+)\n/).flatMap { UInt16($0.output.1) }
            if port == nil { usleep(10_000) }
        }
        let connection = try HTTPConnection(port: #require(port))
        for _ in 0..<20 {
            let body = #"{"model": "m", "messages": [{"content": "one two three"}]}"#
            try connection.send(
                """
                POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nx-account: acme\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
                """)
            #expect(try connection.answer()?.status == 200)
        }
        // A flush is some milliseconds late.
        usleep(300_000)
        server.send(signal)
        #expect(server.wait(until: .now + .seconds(60)) == (signal == SIGTERM ? 0 : 128 + signal))

        let drained = try CommandLineTool.run(
            ["spool", "drain", spool], environment: ["TAXIMETER_DATABASE_URL": address])
        #expect(drained.exitCode == 0, "\(drained)")
        let stored = try database.psql(
            "SELECT count(*), sum(cache_miss_tokens), sum(output_tokens) FROM taximeter.usage_event")
        // What was not flushed yet is all that a kill may cost.
        if signal == SIGTERM { #expect(stored == "20|60|40\n") }
        let counts = stored.split(separator: "|").compactMap { Int($0.trimmingCharacters(in: .newlines)) }
        #expect((1...20).contains(counts[0]) && counts[1] == 3 * counts[0] && counts[2] == 2 * counts[0])
        #expect(try CommandLineTool.run(["run"], environment: ["TAXIMETER_DATABASE_URL": address]).exitCode == 0)
        let audit = try CommandLineTool.run(["audit", "events"], environment: ["TAXIMETER_DATABASE_URL": address])
        #expect(audit.exitCode == 0, "\(audit)")
    }
}
#endif
