#if Server
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PostgresWire
import Taximeter
import TaximeterPostgres

/// An OpenAI-compatible server that meters what it serves: `swift run --traits Server example-server`, with TAXIMETER_SPOOL and,
/// to ship what it meters by itself, TAXIMETER_DATABASE_URL. Without a database `taximeter spool drain` ships it.
@main
struct ExampleServer {
    struct Message: Decodable {
        let content: String
    }

    struct Completion: Decodable {
        let model: String
        let messages: [Message]
    }

    struct Usage: ResponseEncodable {
        let prompt_tokens: Int64
        let completion_tokens: Int64
    }

    struct Answer: ResponseEncodable {
        let id: String
        let model: String
        let text: String
        let usage: Usage
    }

    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let spool = try Spool(environment["TAXIMETER_SPOOL"] ?? "spool")
        let meter = Meter(spool: spool)
        let courier = environment["TAXIMETER_DATABASE_URL"].map { Courier(spool, to: Store(ConnectionOptions($0))) }
        courier?.start()

        let (channel, tier) = (try meter.channel(Identifier("api")), try meter.serviceTier(Identifier("standard")))
        let router = Router()
        router.post("/v1/chat/completions") { request, context -> Answer in
            // Whoever authenticates your clients says whose account it is, not the clients.
            guard let header = HTTPField.Name("x-account"), let name = request.headers[header],
                let account = try? meter.account(Identifier(name))
            else {
                throw HTTPError(.unauthorized)
            }
            let startedAt = Instant(Date.now)
            let completion = try await request.decode(as: Completion.self, context: context)
            // An engine knows these numbers; this one has none.
            let prompt = Int64(completion.messages.reduce(0) { $0 + $1.content.split(separator: " ").count })
            let answer = Answer(
                id: UUID().uuidString, model: completion.model, text: "It depends.",
                usage: Usage(prompt_tokens: prompt, completion_tokens: 2))
            // Waits for nothing: the event is on the disk a flush later, and in the store once the courier was there.
            try meter.record(
                MeterEvent(
                    account: account, model: meter.model(Identifier(completion.model)), channel: channel,
                    serviceTier: tier,
                    startedAt: startedAt, completedAt: Instant(Date.now),
                    tokens: TokenCounts(cacheMiss: prompt, output: answer.usage.completion_tokens)),
                requestID: answer.id)
            return answer
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: Int(environment["PORT"] ?? "") ?? 8080)),
            onServerRunning: { channel in
                FileHandle.standardOutput.write(
                    Data("listening on 127.0.0.1:\(channel.localAddress?.port ?? 0)\n".utf8))
            })
        try await application.runService()  // until SIGTERM or SIGINT

        try meter.close()
        courier?.stop(drainingFor: .seconds(30))
        spool.close()
    }
}

extension Instant {
    fileprivate init(_ date: Date) {
        self = Instant(microseconds: Int64(date.timeIntervalSince1970 * 1_000_000)) ?? UsageEvent.earliestInstant
    }
}
#else
@main
struct ExampleServer {
    static func main() { print("build it with --traits Server") }
}
#endif
