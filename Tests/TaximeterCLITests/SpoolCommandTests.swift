import Foundation
import Taximeter
import TestKit
import Testing

@Suite struct SpoolCommandTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-spool-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: Fixtures.folder.appending(path: "spool-v1"), to: folder)
    }

    private func spool(_ command: String) throws -> CommandLineTool.Result {
        try CommandLineTool.run(["spool", command, folder.path])
    }

    private static let status = """
        producer      00112233-4455-6677-8899-aabbccddeeff
        segments      2, 844 bytes
        last batch    4
        shipped       0
        not shipped   4 batches, 15 events, 672 bytes
        oldest        2025-02-27T00:00:00Z

        """

    @Test func statusAndVerify() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try spool("status") == .init(exitCode: 0, output: Self.status))
        #expect(try spool("verify") == .init(exitCode: 0, output: Self.status + "ok\n"))
        // Neither takes the lock, nor changes anything.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["segment-000000000001.spool", "segment-000000000002.spool", "spool.state"])
    }

    @Test func damageIsNamed() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "segment-000000000001.spool")
        var bytes = try Data(contentsOf: file)
        bytes[200] ^= 1
        try bytes.write(to: file)
        let result = try spool("verify")
        #expect(result.exitCode == 65)
        #expect(
            result.output.contains("damaged       segment-000000000001.spool: damaged bytes, ")
                && result.output.contains(" bytes at offset 64; batches 1 to 1 are lost\n"), "\(result.output)")
    }

    @Test(arguments: ["status", "verify"])
    func faults(_ command: String) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.removeItem(at: folder)
        let missing = try spool(command)
        #expect(missing.exitCode == 74 && missing.output == "")
        #expect(missing.errors == "taximeter: spool \(folder.path): opendir: No such file or directory\n")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let empty = try spool(command)
        #expect(empty.exitCode == 65)
        #expect(
            empty.errors
                == "taximeter: spool \(folder.path): has no readable spool.state, and no segment says whose spool it is\n"
        )
    }
}
