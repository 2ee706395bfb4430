#if Server
import Foundation
import Taximeter
import TestKit
import Testing

/// Events over HTTP: what is stored, and what is answered.
@Suite struct EventTests {
    private static let shared = Result { try ServedDatabase() }
    private let server: ServedDatabase
    private let token: String
    private let account = "a-\(UUID().uuidString)"

    init() throws {
        server = try Self.shared.get()
        token = try server.token([.ingest])
    }

    private func row(_ id: String, output: Int = 5) -> String {
        """
        {"account":"\(account)","request_id":"\(id)","model":"m","completed_at":"2025-02-27T16:30:00Z","output_tokens":\(output)}
        """
    }

    private func stored() throws -> String {
        try server.query(
            """
            SELECT count(*), sum(cache_hit_tokens), sum(cache_miss_tokens), sum(output_tokens)
            FROM taximeter.usage_event JOIN taximeter.account USING (account_key)
            WHERE external_id = '\(account)'
            """)
    }

    private func answers(_ answer: HTTPAnswer) -> [String] {
        (answer.json["answers"] as? [[String: Any]] ?? []).map { $0["answer"] as? String ?? "" }
    }

    @Test func eachEventIsAnswered() throws {
        let body = "[\(row("1")),\n\(row("1")), \(row("1", output: 6)) ,{\"account\":\"x\"},7,\(row("2"))]"
        let answer = try server.send("POST", "/v1/events", token: token, body: body)
        #expect(answer.status == 207)
        #expect(answers(answer) == ["accepted", "duplicate", "conflict", "rejected", "rejected", "accepted"])
        #expect(answer.json["accepted"] as? Int == 2 && answer.json["rejected"] as? Int == 2)
        let faults = try #require(answer.json["answers"] as? [[String: Any]])
        #expect(faults[3]["code"] as? String == "missing_field" && faults[3]["field"] as? String == "request_id")
        #expect(try stored() == "2|0|0|10")
        let again = try server.send("POST", "/v1/events", token: token, body: "[\(row("1")),\(row("2"))]")
        #expect(again.status == 200 && answers(again) == ["duplicate", "duplicate"])
        #expect(try stored() == "2|0|0|10")
    }

    @Test func oneObjectAndLines() throws {
        #expect(try answers(server.send("POST", "/v1/events", token: token, body: row("1"))) == ["accepted"])
        let lines = "\(row("1"))\n\nnot json\n\(row("2"))"
        let answer = try server.send(
            "POST", "/v1/events", token: token, type: "application/x-ndjson; charset=utf-8", body: lines)
        #expect(answer.status == 207 && answers(answer) == ["duplicate", "rejected", "accepted"])
    }

    @Test func aReversal() throws {
        let reversal = "{\"account\":\"\(account)\",\"reverses\":\"1\"}"
        let first = try server.send("POST", "/v1/events", token: token, body: "[\(row("1")),\(reversal)]")
        #expect(first.status == 200 && answers(first) == ["accepted", "reversed"])
        let again = try server.send("POST", "/v1/events", token: token, body: "[\(reversal)]")
        #expect(answers(again) == ["reversed_before"])
        let unknown = try server.send(
            "POST", "/v1/events", token: token, body: "{\"account\":\"\(account)\",\"reverses\":\"9\"}")
        #expect(unknown.status == 207 && answers(unknown) == ["rejected"])
    }

    private func cloudEvent(_ id: String, _ data: String, extra: String = "") -> String {
        """
        {"specversion":"1.0","id":"\(id)","source":"my-app","type":"prompt","subject":"\(account)",\
        "time":"2025-02-27T16:30:00.000Z"\(extra),"data":\(data)}
        """
    }

    @Test func cloudEvents() throws {
        let single = cloudEvent("1", #"{"tokens":100,"model":"gpt-4o","type":"input"}"#)
        let first = try server.send(
            "POST", "/api/v1/events", token: token, type: "application/cloudevents+json", body: single)
        #expect(first.status == 204 && first.body == "")
        let batch = [
            single,
            cloudEvent("2", #"{"tokens":"7","model":"gpt-4o","type":"output","path":["/a",{"b":"}]"}]}"#),
            cloudEvent(
                "3", #"{"model":"m","cache_hit_tokens":3,"output_tokens":"2"}"#,
                extra: #","datacontenttype":"application/json","dataschema":null,"traceparent":"00-\u0041"}"#
                    .replacing("}", with: "")),
        ]
        let second = try server.send(
            "POST", "/api/v1/events", token: token, type: "application/cloudevents-batch+json",
            body: "[\(batch.joined(separator: ","))]")
        #expect(second.status == 204, "\(second)")
        #expect(try stored() == "3|3|100|9")
    }

    /// One that is refused is named; the others are stored.
    @Test(arguments: [
        (#"{"tokens":1,"type":"input"}"#, "", "missing_field: model"),
        (#"{"model":"m"}"#, "", "no_token_field"),
        (#"{"model":"m","tokens":1}"#, "", "missing_field: \"type\""),
        (#"{"model":"m","tokens":1,"type":"system"}"#, "", "invalid_value: \"type\""),
        (#"{"model":"m","tokens":1,"type":"output","output_tokens":1}"#, "", "duplicate_field: output_tokens"),
        (#"{"model":"m","output_tokens":1.5}"#, "", "invalid_value: output_tokens"),
        (#"{"model":"m","output_tokens":1"#, "", "malformed"),
        (#"[1]"#, "", "invalid_value: \"data\""),
        (
            #"{"model":"m","output_tokens":1}"#, #","datacontenttype":"text/xml""#,
            "invalid_value: \"datacontenttype\""
        ),
        (#"{"model":"m","output_tokens":1}"#, #","data_base64":"AA==""#, "unexpected_field: \"data_base64\""),
        (#"{"model":"m","output_tokens":1,"reverses":"x"}"#, "", "unexpected_field"),
    ])
    func refusedCloudEvents(_ data: String, _ extra: String, _ fault: String) throws {
        // Behind the good one, so that what is cut off at its end cannot hide it.
        let body =
            "[\(cloudEvent("ok", #"{"model":"m","output_tokens":1}"#)),\(cloudEvent("bad", data, extra: extra))]"
        let answer = try server.send(
            "POST", "/api/v1/events", token: token, type: "application/cloudevents-batch+json", body: body)
        #expect(answer.status == 400)
        if fault == "malformed" {
            #expect(answer.code == "malformed")
            return
        }
        #expect(answers(answer) == ["accepted", "rejected"])
        #expect((answer.json["detail"] as? String)?.contains(fault) == true, "\(answer.body)")
        #expect(try stored() == "1|0|0|1")
    }

    @Test func attributesOfACloudEvent() throws {
        let good = cloudEvent("1", #"{"model":"m","output_tokens":1}"#)
        for attribute in ["specversion", "id", "source", "type", "subject"] {
            let body = good.replacing("\"\(attribute)\":", with: "\"x\(attribute)\":")
            let answer = try server.send(
                "POST", "/api/v1/events", token: token, type: "application/cloudevents+json", body: body)
            #expect(answer.status == 400 && answer.body.contains("missing_field"), "\(answer.body)")
        }
        // Without a time, the server's clock says when.
        let timeless = good.replacing("\"time\":", with: "\"xtime\":")
        let answer = try server.send(
            "POST", "/api/v1/events", token: token, type: "application/cloudevents+json", body: timeless)
        #expect(answer.status == 204, "\(answer)")
    }

    /// What cannot be cut into events is refused whole.
    @Test(arguments: ["", " ", "[", "[1,", "[{}] 1", "[,]", "[{},]", "[\"", "[{\"a\":\"\\"])
    func brokenDocuments(_ body: String) throws {
        let answer = try server.send("POST", "/v1/events", token: token, body: body)
        #expect(answer.status == 400 && answer.code == "malformed", "\(answer)")
    }

    @Test func otherContentTypesAreRefused() throws {
        for path in ["/v1/events", "/api/v1/events", "/v1/quote"] {
            let scoped = try server.token()
            let answer = try server.send("POST", path, token: scoped, type: "text/plain", body: "[]")
            #expect(answer.status == 415 && answer.code == "content_type")
        }
    }

    private static let python = Fixtures.packageRoot.appending(path: ".build/http-clients/bin/python").path

    /// OpenMeter's own client, as it comes from PyPI.
    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: python), "no OpenMeter client: .ci/http-clients"))
    func openMetersClient() throws {
        let script = Fixtures.packageRoot.appending(path: "Tests/Python/openmeter_client.py").path
        let result = try CommandLineTool.run(
            program: Self.python, [script, "http://127.0.0.1:\(server.port)", token, account])
        #expect(result == CommandLineTool.Result(exitCode: 0, output: "refused 400\n"), "\(result)")
        #expect(try stored() == "4|5|100|10")
    }
}
#endif
