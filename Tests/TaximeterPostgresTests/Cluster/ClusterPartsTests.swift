import Foundation
import Testing

@testable import TaximeterPostgres

/// The parts of the embedded cluster that need no server.
@Suite struct ClusterPartsTests {
    /// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
    @Test(arguments: [
        (
            "/run/tx", "host=/run/tx port=5432 user=taximeter dbname=db",
            "psql 'host=/run/tx port=5432 user=taximeter dbname=db'"
        ),
        (
            "/a b", "host='/a b' port=5432 user=taximeter dbname=db",
            #"psql 'host='\''/a b'\'' port=5432 user=taximeter dbname=db'"#
        ),
        (
            #"/o'k\x"#, #"host='/o\'k\\x' port=5432 user=taximeter dbname=db"#,
            #"psql 'host='\''/o\'\''k\\x'\'' port=5432 user=taximeter dbname=db'"#
        ),
        ("", "host='' port=5432 user=taximeter dbname=db", #"psql 'host='\'''\'' port=5432 user=taximeter dbname=db'"#),
    ])
    func address(_ directory: String, _ connectionString: String, _ command: String) {
        let address = ClusterAddress(socketDirectory: directory, port: 5432, user: "taximeter", database: "db")
        #expect(address.connectionString == connectionString)
        #expect(address.psqlCommand == command)
    }

    @Test(
        arguments: [
            ("/given", ["TAXIMETER_HOME": "/named"], false, "/given"),
            (nil, ["TAXIMETER_HOME": "/named/", "XDG_STATE_HOME": "/state"], false, "/named"),
            (nil, ["TAXIMETER_HOME": "", "XDG_STATE_HOME": "/state", "HOME": "/home/me"], false, "/state/taximeter"),
            (nil, ["XDG_STATE_HOME": "relative", "HOME": "/home/me"], false, "/home/me/.local/state/taximeter"),
            (nil, ["XDG_STATE_HOME": "/state", "HOME": "/root"], true, "/var/lib/taximeter"),
            (nil, ["TAXIMETER_HOME": "/named/../other"], true, "/other"),
        ] as [(String?, [String: String], Bool, String)])
    func home(_ given: String?, _ environment: [String: String], _ isRoot: Bool, _ expected: String) throws {
        #expect(try ClusterLayout(home: given, environment: environment, isRoot: isRoot).home == expected)
    }

    @Test(arguments: [[:], ["HOME": ""], ["TAXIMETER_HOME": "/a\nb"], ["TAXIMETER_HOME": "/a\u{0}b"]])
    func noHome(_ environment: [String: String]) {
        let error = #expect(throws: ClusterError.self) {
            try ClusterLayout(home: nil, environment: environment, isRoot: false)
        }
        #expect(error?.code == .homeUnusable)
    }

    @Test(arguments: [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", 15), ("postgres (PostgreSQL) 18beta1", 18),
        ("postgres (PostgreSQL) 17devel", 17), ("postgres", nil), ("", nil),
    ])
    func version(_ output: String, _ expected: Int?) { #expect(ServerPrograms.version(in: output) == expected) }

    @Test func unprivilegedUsersOfPasswd() {
        let users = ServerAccount.passwd(
            """
            root:x:0:0:root:/root:/bin/bash
            postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
            broken
            toor:x:0:0::/:/bin/sh
            nobody:x:65534:65533::/nonexistent:/usr/sbin/nologin
            """)
        #expect(users.map(\.name) == ["postgres", "nobody"])
        #expect(users.map(\.userID) == [101, 65534])
        #expect(users.map(\.groupID) == [104, 65533])
    }

    @Test func settingsAreQuotedAndTheFixedOnesWin() {
        let settings = ClusterSettings(parameters: ["fsync": "off", "cluster_name": #"it's a \ name"#])
        let text = settings.configuration(socketDirectory: #"/a "b", c"#, logDirectory: "/log")
        #expect(text.contains("\nfsync = 'on'\n"))
        #expect(text.contains(#"cluster_name = 'it''s a \\ name'"#))
        #expect(text.contains(#"unix_socket_directories = '"/a ""b"", c"'"#))
    }

    @Test func buffersOfTheStandardSettings() throws {
        let value = try #require(ClusterSettings.standard.parameters["shared_buffers"])
        #expect(try (256...1024).contains(#require(Int(value.dropLast(2)))) && value.hasSuffix("MB"))
    }

    @Test func outputOfACommand() throws {
        let script = "cat; echo wrong >&2; echo $PGHOST; exit 3"
        let outcome = try Command(
            program: "/bin/sh", arguments: ["-c", script], environment: ServerAccount.environment, input: "in\n"
        ).run()
        #expect(outcome.output == "in\n\n" && outcome.errors == "wrong\n" && outcome.status == 3)
        let absent = Command(program: "/nonexistent", arguments: [], environment: [:])
        let missing = #expect(throws: ClusterError.self) { try absent.run() }
        #expect(missing?.code == .programFailed && missing?.message.contains("/nonexistent") == true)
        let slow = Command(program: "/bin/sleep", arguments: ["60"], environment: [:])
        let error = #expect(throws: ClusterError.self) { try slow.run(within: 1) }
        #expect(error?.message.contains("/bin/sleep") == true)
    }

    /// What leaves a server behind must not be waited for until that server ends.
    @Test func commandThatLeavesAServer() throws {
        let list = Command(
            program: "/bin/sh", arguments: ["-c", "sleep 30 >/dev/null 2>&1 & ls /proc/$$/fd"],
            environment: ServerAccount.environment)
        #expect(try list.run(within: 20).output == "0\n1\n2\n")
    }
}
