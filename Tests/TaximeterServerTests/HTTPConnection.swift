import Foundation
import Glibc

/// What came back.
struct HTTPAnswer {
    let status: Int
    let headers: [String: String]
    let body: String

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:] }
    var code: String? { json["code"] as? String }
}

/// A bare TCP connection to a server on this machine, that can send what no client would.
final class HTTPConnection {
    private let socket: Int32
    private var received: [UInt8] = []

    struct Failed: Error {
        let what: String
        let number = errno
    }

    /// - Parameter seconds: After how long without a byte reading gives up.
    init(port: UInt16, patience seconds: Int = 60) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // A failed init runs deinit, which closes.
        if connected != 0 { throw Failed(what: "connect") }
    }

    deinit { close(socket) }

    static func request(
        _ method: String, _ path: String, token: String? = nil, type: String = "application/json",
        body: String? = nil, headers: [String] = []
    ) -> String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers
        if let token { lines.append("Authorization: Bearer \(token)") }
        if let body { lines += ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { throw Failed(what: "send") }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that nothing more will be sent.
    func closeOutput() { shutdown(socket, Int32(SHUT_WR)) }

    /// Reads on: false at the end of the stream, or when it was reset.
    private func read() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { throw Failed(what: "recv: nothing came") }
        if count <= 0 { return false }
        received += buffer[..<count]
        return true
    }

    /// The next answer; nil when the connection is closed instead.
    func answer() throws -> HTTPAnswer? {
        while true {
            if let answer = cut() { return answer }
            if try !read() { return cut() }
        }
    }

    /// Reads until the other side closes.
    func waitForEnd() throws { while try read() {} }

    private func cut() -> HTTPAnswer? {
        let separator = Array("\r\n\r\n".utf8)
        guard let end = received.indices.first(where: { received[$0...].starts(with: separator) }) else { return nil }
        let lines = String(decoding: received[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let length = Int(headers["content-length"] ?? "0") ?? 0
        let start = end + separator.count
        guard received.count >= start + length else { return nil }
        let body = String(decoding: received[start..<start + length], as: UTF8.self)
        received.removeFirst(start + length)
        return HTTPAnswer(status: status, headers: headers, body: body)
    }
}
