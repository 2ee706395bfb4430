#if Server
import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore

extension Response {
    static func bytes(_ status: HTTPResponse.Status, _ bytes: some Sequence<UInt8>, type: String) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        bytes(.ok, text.utf8, type: type)
    }

    static func json(
        _ status: HTTPResponse.Status, _ value: some Encodable, type: String = "application/json"
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return bytes(status, try encoder.encode(value), type: type)
    }

    /// The description of the interface.
    static func openAPI() -> Response {
        text(EmbeddedText.files.first?.text ?? "", type: "application/json")
    }
}

extension SidecarResponder {
    static func response(_ problem: Problem) throws -> Response {
        var response = try Response.json(
            problem.status, problem, type: "application/problem+json")
        response.headers.append(contentsOf: problem.headers)
        return response
    }
}
#endif
