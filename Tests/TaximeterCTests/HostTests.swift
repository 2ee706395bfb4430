import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// libtaximeter in processes that are not Swift's.
@Suite struct HostTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized.path
    private static let hasCompiler = FileManager.default.isExecutableFile(atPath: "/usr/bin/cc")
    private static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

    private static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-host-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }

    /// Compiles the host; its path.
    private static func host(in folder: String) throws -> String {
        let result = try CommandLineTool.run(
            script: """
                cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I "\(root)/Sources/CTaximeter" "\(root)/Tests/C/record.c" \
                -o "\(folder)/record" -L "$BIN" -lTaximeterC -Wl,-rpath,"$BIN" -pthread
                """)
        try #require(result.exitCode == 0, "\(result.errors)")
        return "\(folder)/record"
    }

    /// Four threads, then everything that is wrong; the host's signal handlers are as before.
    @Test(.enabled(if: hasCompiler, "needs cc"))
    func aHostInC() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let host = try Self.host(in: folder)
        let result = try CommandLineTool.run(program: host, ["\(folder)/spool", "4", "2000"])
        #expect(result == .init(exitCode: 0, output: "8000 3 8000\n"), "\(result)")
        let status = try CommandLineTool.run(["spool", "verify", "\(folder)/spool"])
        #expect(status.exitCode == 0 && status.output.contains("8,000"), "\(status)")
    }

    /// No access to memory that is not its own. Leaks are not looked for, because the child that the host forks loses all
    /// that its parent's threads hold. valgrind cannot read Swift's debug information, so the library is without.
    @Test(
        .enabled(
            if: hasCompiler && FileManager.default.isExecutableFile(atPath: "/usr/bin/valgrind"),
            "needs cc and valgrind"))
    func underValgrind() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let host = try Self.host(in: folder)
        let result = try CommandLineTool.run(
            script: """
                objcopy --strip-debug "$BIN/libTaximeterC.so" "\(folder)/libTaximeterC.so" &&
                LD_LIBRARY_PATH="\(folder)" exec valgrind -q --error-exitcode=9 "\(host)" "\(folder)/spool" 2 200
                """)
        #expect(result == .init(exitCode: 0, output: "400 3 400\n"), "\(result)")
    }

    /// The header is C++ too.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/g++"), "needs g++"))
    func theHeaderIsCPlusPlus() throws {
        let result = try CommandLineTool.run(
            script: """
                echo '#include "taximeter.h"' | \
                g++ -std=c++17 -Wall -Wextra -pedantic -Werror -fsyntax-only -I "\(Self.root)/Sources/CTaximeter" -x c++ -
                """)
        #expect(result.exitCode == 0, "\(result.errors)")
    }

    /// Killed at random times, started again, and shipped: what was acknowledged is in the store, once.
    @Test(.enabled(if: hasCompiler, "needs cc"))
    func aHostThatIsKilled() async throws {
        try await withSeed { generator in
            let folder = try Self.folder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let host = try Self.host(in: folder)
            var acknowledged: Set<String> = []
            for _ in 0..<6 {
                let milliseconds = String(Int.random(in: 50...400, using: &generator) + 1_000).dropFirst()
                let result = try CommandLineTool.run(
                    script: """
                        "\(host)" "\(folder)/spool" 3 100000 durable &
                        sleep 0.\(milliseconds); kill -KILL $!; wait $!
                        """)
                #expect(result.exitCode == 137, "\(result)")
                acknowledged.formUnion(result.output.split(separator: "\n").map(String.init))
            }
            #expect(!acknowledged.isEmpty)
            let database = try TestDatabase()
            let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
            let drained = try CommandLineTool.run(["spool", "drain", "\(folder)/spool"], environment: environment)
            #expect(drained.exitCode == 0, "\(drained)")
            let stored = try database.psql("SELECT request_id FROM taximeter.usage_event")
                .split(separator: "\n").map(String.init)
            #expect(Set(stored).count == stored.count)
            #expect(Set(stored).isSuperset(of: acknowledged))
            let audit = try CommandLineTool.run(["audit", "events"], environment: environment)
            #expect(audit.exitCode == 0, "\(audit)")
        }
    }

    /// The Python binding, as its users call it.
    @Test(.enabled(if: hasPython, "needs python3"))
    func theHostInPython() throws {
        let database = try TestDatabase()
        let account = try Identifier("prepaid")
        guard let now = Instant(rfc3339: "2026-01-01T00:00:00Z"),
            let always = EffectivePeriod(from: UsageEvent.earliestInstant)
        else { return }
        try database.store.grant(
            CreditGrant(
                account: account, id: Identifier("paid"), kind: .toppedUp, amount: Money("10", .usd), effective: always),
            at: now)
        let result = try CommandLineTool.run(
            script: """
                cd "\(Self.root)/bindings/python" && TAXIMETER_LIBRARY="$BIN/libTaximeterC.so" PYTHONDONTWRITEBYTECODE=1 \
                PYTHONPATH=. python3 -W error tests/test_taximeter.py
                """,
            environment: ["TAXIMETER_TEST_DATABASE_URL": database.address.connectionString])
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(
            try database.psql(
                """
                SELECT count(*), sum(output_tokens) FROM taximeter.usage_event
                INNER JOIN taximeter.account USING (account_key) WHERE external_id = 'python'
                """) == "1000|2000\n")
    }
}
