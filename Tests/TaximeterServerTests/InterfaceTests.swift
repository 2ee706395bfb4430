import Foundation
import Taximeter
import TestKit
import Testing

@testable import TaximeterServer

/// The description of the interface and its page say what the routes are.
@Suite struct InterfaceTests {
    private static func document() throws -> [String: Any] {
        let file = Fixtures.packageRoot.appending(path: "schemas/http/openapi.json")
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        return try #require(document as? [String: Any])
    }

    @Test func theDescriptionHasTheRoutesAndTheirScopes() throws {
        let document = try Self.document()
        let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
        var described: [String] = []
        for (path, operations) in paths {
            for (method, operation) in operations {
                let security = try #require(operation["security"] as? [[String: [String]]])
                let scopes = security.compactMap { $0["bearer"] }.flatMap(\.self)
                described.append(
                    "\(method.uppercased()) \(path) \(scopes) \(operation["operationId"] as? String ?? "")")
            }
        }
        let routes = Route.allCases.map { route in
            "\(route.method) \(route.path) \(route.scope.map { [$0.rawValue] } ?? []) \(route.rawValue)"
        }
        #expect(described.sorted() == routes.sorted())
    }

    /// Every reference leads somewhere.
    @Test func theDescriptionIsWhole() throws {
        let file = Fixtures.packageRoot.appending(path: "schemas/http/openapi.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        let document = try Self.document()
        let components = try #require(document["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        let names = Set(text.matches(of: /#\/components\/schemas\/(\w+)/).map { String($0.output.1) })
        #expect(names.isSubset(of: schemas.keys) && Set(schemas.keys).isSubset(of: names))
    }

    @Test func thePageHasTheRoutesAndTheirScopes() throws {
        let page = try String(contentsOf: Fixtures.packageRoot.appending(path: "docs/http-api.md"), encoding: .utf8)
        let rows = page.matches(of: /(?m)^\| `([A-Z]+) (\S+)` \| (.*?) \|/).map { match in
            "\(match.output.1) \(match.output.2) \(match.output.3)"
        }
        let routes = Route.allCases.map { "\($0.method) \($0.path) \($0.scope.map { "`\($0.rawValue)`" } ?? "none")" }
        #expect(rows.sorted() == routes.sorted())
    }

    #if Server
    private static let fuzzer = Fixtures.packageRoot.appending(path: ".build/http-clients/bin/schemathesis").path

    /// Requests made at random from the description: no answer that it does not have, and no error of the server. How well the
    /// requests are made, its health checks, is no matter of the server.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: fuzzer), "no Schemathesis: .ci/http-clients"))
    func randomRequests() throws {
        let server = try ServedDatabase(["--rate", "0"])
        let token = try server.token()
        let served = try server.send("GET", "/openapi.json")
        #expect(served.status == 200 && served.json["openapi"] as? String == "3.1.0")
        let description = Fixtures.packageRoot.appending(path: "schemas/http/openapi.json").path
        // It leaves a folder where it runs.
        let result = try CommandLineTool.run(
            script: """
                folder=$(mktemp -d) && cd "$folder" || exit 1
                '\(Self.fuzzer)' run '\(description)' --url http://127.0.0.1:\(server.port) \
                    -H 'Authorization: Bearer \(token)' --phases examples,coverage,fuzzing -n 25 --max-time 30 \
                    --request-timeout 20 --no-shrink --suppress-health-check all --checks not_a_server_error,status_code_conformance,\
                content_type_conformance,response_schema_conformance
                code=$?; rm -rf "$folder"; exit $code
                """, within: 180)
        #expect(result.exitCode == 0, "\(result.output.suffix(6_000))\(result.errors.suffix(2_000))")
        #expect(try server.send("GET", "/readyz").status == 200)
    }
    #endif
}
