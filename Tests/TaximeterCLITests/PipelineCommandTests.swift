import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// The commands as a user runs them, one after another, on a database of their own.
@Suite struct PipelineCommandTests {
    private let database: TestDatabase
    private let folder: URL
    private static let day = Fixtures.folder.appending(path: "published-day").path

    init() throws {
        database = try TestDatabase()
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func taximeter(_ arguments: String..., input: String = "") throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    @Test func publishedDayFromFilesToMargins() throws {
        let day = Self.day
        #expect(
            try taximeter("tariffs", "load", "\(day)/price-book.yaml")
                == .init(
                    exitCode: 0,
                    output: "\(day)/price-book.yaml: published-day (USD): 4 new versions, the default book\n"))
        #expect(
            try taximeter("tariffs", "load", "\(day)/price-book.yaml").output
                == "\(day)/price-book.yaml: published-day (USD): nothing new, the default book\n")
        #expect(
            try taximeter("costs", "load", "\(day)/costs.yaml").output
                == "\(day)/costs.yaml: pools h800 stored; intervals: 12 added, 0 replaced, 0 unchanged\n")
        #expect(
            try taximeter("costs", "load", "\(day)/costs.yaml").output
                == "\(day)/costs.yaml: intervals: 0 added, 0 replaced, 12 unchanged\n")
        #expect(
            try taximeter("ingest", "\(day)/usage.csv").output
                == "\(day)/usage.csv: 672 rows: 672 accepted, 0 duplicates, 0 conflicts, 0 rejected\n")
        #expect(
            try taximeter("ingest", "\(day)/usage.csv").output
                == "\(day)/usage.csv: 672 rows: 0 accepted, 672 duplicates, 0 conflicts, 0 rejected\n")
        #expect(
            try taximeter("run").output
                == "24 hours rolled up, 7 account periods rated: 364 charges, 364 changed\n")
        #expect(
            try taximeter("run").output == "0 hours rolled up, 0 account periods rated: 0 charges, 0 changed\n")

        let range = ["--from", "2025-02-27T04:00:00Z", "--to", "2025-02-28T04:00:00Z"]
        let table = try taximeter("margins", range[0], range[1], range[2], range[3])
        #expect(table.exitCode == 0 && table.errors == "")
        #expect(table.output.split(separator: "\n").count == 28)
        #expect(table.output.contains("342,000,000,000  266,000,000,000  168,000,000,000   562,100.00"))

        let csv = try taximeter("margins", range[0], range[1], range[2], range[3], "--by", "model", "--format", "csv")
        let lines = csv.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(lines.map { $0[0] } == ["model", "deepseek-chat", "deepseek-reasoner"])
        #expect(lines.allSatisfy { $0.count == 21 })

        let json = try taximeter("margins", range[0], range[1], range[2], range[3], "--by", "day", "--format", "json")
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        #expect(rows.compactMap { $0["day"] as? String } == ["2025-02-27", "2025-02-28"])
        #expect(rows.allSatisfy { $0["revenue"] is String })
    }

    @Test func badRowsAreKeptApartAndStopNoOther() throws {
        let rejects = folder.appending(path: "rejects.jsonl").path
        let events = """
            {"account":"a","request_id":"1","model":"m","completed_at":"2025-03-01T00:00:00Z","output_tokens":5}
            {"account":"a","request_id":"2","model":"m","completed_at":"2025-03-01T00:00:00Z","output_token":5}
            {"account":"a","request_id":"1","model":"m","completed_at":"2025-03-01T00:00:00Z","output_tokens":6}
            {"account":"a","request_id":"3","model":"m","completed_at":"2025-03-01T00:00:00Z","output_tokens":7}

            """
        let result = try taximeter(
            "ingest", "-", "--format", "jsonl", "--rejects", rejects, input: events)
        #expect(result.exitCode == 65)
        #expect(result.output == "stdin: 4 rows: 2 accepted, 0 duplicates, 1 conflicts, 1 rejected\n")
        #expect(result.errors == "taximeter: rows that were not accepted are in \(rejects)\n")
        let entries = try String(contentsOfFile: rejects, encoding: .utf8).split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let reasons = entries.compactMap { entry in
            (entry["line"] as? Int).map { ($0, entry["reason"] as? String ?? "") }
        }
        #expect(reasons.map(\.0).sorted() == [2, 3])
        #expect(reasons.contains { $0.0 == 2 && $0.1.contains("did you mean output_tokens") })
        #expect(reasons.contains { $0.0 == 3 && $0.1.hasPrefix("conflict") })
        #expect(try database.psql("SELECT count(*), sum(output_tokens) FROM taximeter.usage_event") == "2|12\n")
        // Usage without a price book is unpriced, and says so.
        #expect(
            try taximeter("run").output
                == "1 hours rolled up, 1 account periods rated: 1 charges, 1 changed, 1 of them without a price\n")
        #expect(
            try database.psql("SELECT account, reason, output_tokens FROM taximeter.unpriced_usage")
                == "a|no_price_book|12\n")
    }

    /// Reversals and a replacement in a file: buckets and charges follow, and the file again adds nothing.
    @Test func reversalsAndReplacementsFromFiles() throws {
        let book = try file(
            "book.yaml",
            "{price_book: b, currency: USD, tariffs: [{model: m, versions: "
                + "[{from: \"2025-01-01T00:00:00Z\", rates: {output: 1}}]}]}")
        #expect(try taximeter("tariffs", "load", book).exitCode == 0)
        func charges() throws -> String {
            #expect(try taximeter("run").exitCode == 0)
            return try database.psql(
                "SELECT external_id, sum(output_tokens), trim_scale(sum(net_amount)) FROM taximeter.charge "
                    + "JOIN taximeter.account USING (account_key) GROUP BY external_id ORDER BY external_id")
        }
        func rejects() throws -> [String] {
            try String(contentsOfFile: folder.appending(path: "rejects.jsonl").path, encoding: .utf8)
                .split(separator: "\n").map(String.init)
        }
        let rejected = folder.appending(path: "rejects.jsonl").path
        let usage = try file(
            "usage.csv",
            """
            account,request_id,model,completed_at,output_tokens
            a,1,m,2025-03-01T00:00:00Z,1000000
            a,2,m,2025-03-01T00:10:00Z,2000000
            b,1,m,2025-03-01T00:20:00Z,4000000

            """)
        #expect(try taximeter("ingest", usage).exitCode == 0)
        #expect(try charges() == "a|3000000|3\nb|4000000|4\n")

        let corrections = try file(
            "corrections.jsonl",
            """
            {"account":"a","reverses":"2"}
            {"account":"a","request_id":"2-corrected","model":"m","completed_at":"2025-03-01T00:10:00Z","output_tokens":500000}
            {"account":"a","reverses":"2"}
            {"account":"b","reverses":"2"}
            {"account":"b","reverses":"1","output_tokens":4}

            """)
        let first = try taximeter("ingest", corrections, "--rejects", rejected)
        #expect(first.exitCode == 65)
        #expect(
            first.output == "\(corrections): 5 rows: 1 accepted, 0 duplicates, 0 conflicts, 2 rejected, "
                + "1 reversed, 1 reversed before\n")
        let entries = try rejects()
        #expect(entries.count == 2)
        #expect(entries.contains { $0.contains(#""line":4,"reason":"no original: "#) && $0.contains(#""row":"b 2""#) })
        #expect(entries.contains { $0.contains(#""line":5,"reason":"unexpected_field: output_tokens"#) })
        #expect(try charges() == "a|1500000|1.5\nb|4000000|4\n")

        let again = try taximeter("ingest", corrections, "--rejects", rejected)
        #expect(
            again.output == "\(corrections): 5 rows: 0 accepted, 1 duplicates, 0 conflicts, 2 rejected, "
                + "0 reversed, 2 reversed before\n")
        #expect(try charges() == "a|1500000|1.5\nb|4000000|4\n")
        #expect(try taximeter("audit", "events").exitCode == 0)
        // The originals stay: three events, their reversal and the replacement.
        #expect(try database.psql("SELECT count(*), sum(sign) FROM taximeter.usage_event") == "5|3\n")

        let all = try file("all.csv", "account,reverses\na,1\nb,1\na,2-corrected\n")
        #expect(
            try taximeter("ingest", all).output
                == "\(all): 3 rows: 0 accepted, 0 duplicates, 0 conflicts, 0 rejected, 3 reversed, 0 reversed before\n")
        let rest = try charges()
        #expect(rest == "a|0|0\nb|0|0\n")
    }

    @Test func gzipFromAFileAndFromStandardInput() throws {
        let plain = try file(
            "events.csv",
            """
            account,request_id,model,completed_at,cache_miss_tokens
            a,1,m,2025-03-01T00:00:00Z,5
            a,2,m,2025-03-01T00:00:01Z,6

            """)
        let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString, "PLAIN": plain]
        let file = try CommandLineTool.run(
            script: "gzip -k $PLAIN && $TAXIMETER ingest $PLAIN.gz", environment: environment)
        #expect(
            file
                == .init(
                    exitCode: 0, output: "\(plain).gz: 2 rows: 2 accepted, 0 duplicates, 0 conflicts, 0 rejected\n"))
        let stdin = try CommandLineTool.run(
            script: "$TAXIMETER ingest - --format csv < $PLAIN.gz", environment: environment)
        #expect(
            stdin == .init(exitCode: 0, output: "stdin: 2 rows: 0 accepted, 2 duplicates, 0 conflicts, 0 rejected\n"))
        let cut = try CommandLineTool.run(
            script: "head -c -9 $PLAIN.gz > $PLAIN.cut.csv.gz; $TAXIMETER ingest $PLAIN.cut.csv.gz",
            environment: environment)
        #expect(cut.exitCode == 74)
        #expect(
            cut.errors
                == "taximeter: \(plain).cut.csv.gz: the gzip data are cut off or damaged; what came before was read\n")
    }

    @Test func aPriceBookWithFaultsNamesThemAllAndStoresNothing() throws {
        let book = try file(
            "book.yaml",
            """
            price_book: b
            currency: USD
            tariffs:
              - model: m
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {cache_hitt: 0.1, output: -1}
            """)
        let result = try taximeter("tariffs", "load", book)
        #expect(result.exitCode == 65 && result.output == "")
        #expect(result.errors.contains("\(book):7:17: "))
        #expect(result.errors.contains("did you mean \"cache_hit\"?"))
        #expect(result.errors.contains("found \"-1\""))
        #expect(try database.psql("SELECT count(*) FROM taximeter.price_book") == "0\n")
    }

    /// Nodes as Prometheus counted them, split by a policy of the cost file.
    @Test func costsFromPrometheusUnderAPolicy() throws {
        let pools = try file(
            "pools.yaml",
            """
            pools:
              - name: p
                gpu: H800
                gpus_per_node: 8
                rates: [{from: "2025-01-01T00:00:00Z", per_gpu_hour: "2", currency: USD}]
            policies:
              - {name: by-time, from: "2025-01-01T00:00:00Z", method: phase_weights,
                 throughput: {cache_miss: "10", output: "1"}}
            """)
        #expect(
            try taximeter("costs", "load", pools).output
                == "\(pools): pools p stored; intervals: 0 added, 0 replaced, 0 unchanged; policies by-time added\n")
        let answer = try file(
            "answer.json",
            """
            {"status":"success","data":{"resultType":"matrix","result":[
              {"metric":{"model_name":"m"},"values":[[1740787200,"1"],[1740789000,"2"]]}]}}
            """)
        let load = [
            "costs", "load", "--format", "prometheus", "--every", "1800", "--set", "pool=p", "--label",
            "model=model_name", answer,
        ]
        func run(_ arguments: [String]) throws -> CommandLineTool.Result {
            try CommandLineTool.run(
                arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: "")
        }
        #expect(try run(load) == .init(exitCode: 0, output: "\(answer): intervals: 2 added, 0 replaced, 0 unchanged\n"))
        let request = """
            {"account": "a", "model": "m", "request_id": "r", "completed_at": "2025-03-01T00:00:00Z", "output_tokens": 2700}
            """
        #expect(try taximeter("ingest", try file("r.jsonl", request)).exitCode == 0)
        #expect(try taximeter("run").exitCode == 0)
        let margins = ["margins", "--from", "2025-03-01", "--to", "2025-03-02", "--by", "account", "--policy"]
        let csv = try run(margins + ["by-time", "--format", "csv"])
        #expect(csv.output.hasPrefix("account,currency,events,requests,"))
        let shown = try run(margins + ["by-time"]).output.split(separator: "\n").dropFirst()
        let words = shown.map { $0.split(separator: " ").joined(separator: " ") }
        // Of 5,400 node-seconds for $24 half were needed.
        #expect(words.contains("(nobody's) 0.00 0.00 12.00 0.00 12.00 USD – −100.00 %"))
        #expect(words.contains("a 0.00 12.00 0.00 0.00 12.00 USD – −100.00 %"))
        // One account's hours; without a policy, as the stored margins split the cost: by tokens, nothing idle.
        let hours = try run([
            "margins", "--from", "2025-03-01", "--to", "2025-03-02", "--by", "account,hour", "--account", "a",
        ])
        let last = hours.output.split(separator: "\n").last?.split(separator: " ").joined(separator: " ")
        #expect(last == "a 2025-03-01T00:00:00Z 0.00 24.00 0.00 0.00 24.00 USD – −100.00 %", "\(hours)")
        let unknown = try run(margins + ["by-night"])
        #expect(
            unknown
                == .init(
                    exitCode: 65, output: "", errors: "taximeter: there is no policy by-night: stored are by-time\n"))
    }

    @Test func pricesNeverChangeOnceUsed() throws {
        func book(_ price: String) -> String {
            "{price_book: b, currency: USD, tariffs: [{model: m, versions: [{from: \"2025-01-01T00:00:00Z\", rates: {output: \(price)}}]}]}"
        }
        #expect(try taximeter("tariffs", "load", try file("a.yaml", book("1"))).exitCode == 0)
        let corrected = try taximeter("tariffs", "load", try file("c.yaml", book("3")))
        #expect(corrected.exitCode == 0 && corrected.output.contains("nothing new, 1 unused versions replaced"))
        let request = """
            {"account": "a", "model": "m", "request_id": "r", "completed_at": "2025-03-01T00:00:00Z", "output_tokens": 1000000}
            """
        #expect(try taximeter("ingest", try file("r.jsonl", request)).exitCode == 0)
        #expect(try taximeter("run").exitCode == 0)
        #expect(try database.psql("SELECT trim_scale(net_amount) FROM taximeter.charge") == "3\n")
        #expect(try taximeter("tariffs", "load", try file("c.yaml", book("3"))).output.contains("nothing new"))
        let changed = try taximeter("tariffs", "load", try file("b.yaml", book("2")))
        #expect(changed.exitCode == 65)
        #expect(changed.errors.contains("the version from 2025-01-01T00:00:00Z is stored with other content"))
    }

    @Test(arguments: [
        (["ingest", "/nonexistent.csv"], 74, "taximeter: /nonexistent.csv: there is no such file"),
        (["ingest", "/tmp"], 74, "taximeter: /tmp: its name does not tell the format"),
        (["ingest", "-"], 74, "taximeter: stdin: its name does not tell the format: say --format jsonl or csv"),
        (["ingest"], 64, "Error: Missing expected argument '<files> ...'"),
        (["ingest", "a.csv", "--batch-size", "0"], 64, "Error: --batch-size must be 1 to 100000"),
        (
            ["margins", "--from", "2025-02-27T04:30:00Z", "--to", "2025-02-28"], 64,
            "Error: The value '2025-02-27T04:30:00Z'"
        ),
        (["margins", "--from", "2025-02-28", "--to", "2025-02-27"], 64, "Error: --to must be after --from"),
        (
            ["costs", "load", "--set", "pool=h", "x.yaml"], 64,
            "Error: --label, --set and --every are for files of another --format"
        ),
        (
            ["costs", "load", "--format", "csv", "--set", "colour=h", "x.csv"], 64,
            "Error: colour is no key: expected one of pool, model, node, phase, use, gpu, gpus_per_node"
        ),
        (
            ["margins", "--from", "2025-02-27", "--to", "2025-02-28", "--by", "account,night"], 64,
            "Error: The value 'account,night' is invalid for '--by <by>'"
        ),
        (
            ["margins", "--from", "2025-02-27", "--to", "2025-02-28", "--account", "nobody"], 65,
            "taximeter: no usage is stored of an account nobody"
        ),
        (["costs", "load", "/nonexistent.yaml"], 74, "taximeter: /nonexistent.yaml: cannot be read as a text file"),
        (["rum"], 64, "Error: Unexpected argument 'rum'"),
    ])
    func faults(_ arguments: [String], _ code: Int32, _ message: String) throws {
        let result = try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
        #expect(result.exitCode == code)
        #expect(result.output == "")
        #expect(result.errors.hasPrefix(message), "\(result.errors)")
    }

    @Test(arguments: [
        ["--help"], ["demo", "--help"], ["ingest", "--help"], ["run", "--help"], ["tariffs", "load", "--help"],
        ["costs", "load", "--help"], ["simulate", "--help"], ["margins", "--help"], ["db", "migrate", "--help"],
        ["db", "check", "--help"],
    ])
    func help(_ arguments: [String]) throws {
        let result = try CommandLineTool.run(arguments)
        #expect(result.exitCode == 0 && result.errors == "")
        #expect(result.output.contains("USAGE: taximeter"))
    }

    @Test func aServerThatIsNotThereIsATemporaryFault() throws {
        let result = try CommandLineTool.run(
            ["run", "--database-url", "host=/nonexistent password=canary-secret"], environment: [:])
        #expect(result.exitCode == 75)
        #expect(result.errors.hasPrefix("taximeter: PostgreSQL connectionFailed: "))
        #expect(!result.errors.contains("canary-secret"))
    }

    @Test func aDatabaseWithoutTheSchemaSaysWhatToDo() throws {
        let empty = try TestCluster.shared().createDatabase()
        let result = try CommandLineTool.run(
            ["run"], environment: ["TAXIMETER_DATABASE_URL": empty.connectionString])
        #expect(result.exitCode == 78)
        #expect(result.errors == "taximeter: the database has no Taximeter schema: run taximeter db migrate\n")
        let migrated = try CommandLineTool.run(
            ["db", "migrate"], environment: ["TAXIMETER_DATABASE_URL": empty.connectionString])
        #expect(migrated.exitCode == 0 && migrated.output.hasPrefix("applied migrations/0001_"))
        #expect(
            try CommandLineTool.run(["db", "check"], environment: ["TAXIMETER_DATABASE_URL": empty.connectionString])
                == .init(exitCode: 0, output: "ok\n"))
    }
}
