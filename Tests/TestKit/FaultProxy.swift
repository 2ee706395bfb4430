import Foundation
import Glibc
import Synchronization
public import TaximeterPostgres

/// A proxy in front of a cluster's socket that does to chosen moments of the protocol what networks do: it cuts, and it
/// is late. What is not chosen passes.
///
/// A client's COMMIT is found by its text at the start of what the client sends: it waits for an answer before, so
/// COMMIT never shares a packet with what came earlier.
public final class FaultProxy: Sendable {
    /// What happens to one transaction.
    public enum Fault: Sendable, Hashable {
        /// The connection is cut in front of COMMIT, which the server never sees.
        case beforeCommit
        /// The server gets COMMIT and answers; so many bytes of the answer reach the client, then the connection is cut.
        case inReply(bytes: Int)
        /// The connection is cut when so many bytes have come from the client, counted from the last BEGIN.
        case afterSending(bytes: Int)
        /// COMMIT is held back for so long.
        case lateCommit(milliseconds: UInt32)
        /// What the client sends in transactions, and statements outside of them, are counted from when this was armed, on
        /// all connections together; the server never sees the so-manieth: the client gets an error after which nobody
        /// tries again, and is cut off.
        case failing(at: Int)
        /// Counted in the same way: the client's process is killed (SIGKILL) when it has sent the so-manieth, which the server
        /// never sees.
        case killing(at: Int)
        /// Counted in the same way: the so-manieth is held back for so long.
        case late(at: Int, milliseconds: UInt32)
    }

    private struct State {
        var faults: [Fault] = []
        var struck = 0
        var sent = 0
        var isStopping = false
        var isHolding = false
        var sockets: Set<Int32> = []
    }

    /// Where to connect instead of the cluster.
    public let address: ClusterAddress
    private let target: String
    private let folder: String
    private let listener: Int32
    private let state = Mutex(State())

    /// A proxy of its own in front of a cluster; listens at once.
    public init(_ server: ClusterAddress) throws {
        folder = "/tmp/fault-proxy-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        target = "\(server.socketDirectory)/.s.PGSQL.\(server.port)"
        address = ClusterAddress(
            socketDirectory: folder, port: server.port, user: server.user, database: server.database)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = Self.name("\(folder)/.s.PGSQL.\(server.port)")
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(listener, 64) == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        Thread.detachNewThread { [self] in accept() }
    }

    /// Has the next transactions meet these faults, one each, in this order.
    public func arm(_ faults: [Fault]) {
        state.withLock { state in
            state.faults += faults
            state.sent = 0
        }
    }

    /// Takes back what has not struck.
    public func disarm() { state.withLock { $0.faults = [] } }

    /// How many faults have struck.
    public var struck: Int { state.withLock(\.struck) }

    /// Faults that are still to come.
    public var armed: Int { state.withLock(\.faults.count) }

    /// Lets nothing through any more, and cuts nothing: a black hole, until it is let through again.
    public func hold(_ isHolding: Bool) { state.withLock { $0.isHolding = isHolding } }

    private func waitWhileHolding() {
        while state.withLock({ $0.isHolding && !$0.isStopping }) { usleep(2_000) }
    }

    /// Cuts every connection, and listens no longer; once.
    public func stop() {
        // Under the lock, where a number is that of an open socket of this proxy: once closed, it soon is that of another's.
        let isFirst = state.withLock { state in
            if state.isStopping { return false }
            state.isStopping = true
            // Wakes the thread that accepts, which closes it.
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
            return true
        }
        if isFirst { try? FileManager.default.removeItem(atPath: folder) }
    }

    private static func name(_ path: String) -> sockaddr_un {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { bytes in
            for (index, byte) in path.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
        }
        return name
    }

    private func accept() {
        defer { close(listener) }
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 { return }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = Self.name(target)
            let connected = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard connected == 0 else {
                close(server)
                close(client)
                continue
            }
            let isStopping = state.withLock { state in
                if !state.isStopping { state.sockets.formUnion([client, server]) }
                return state.isStopping
            }
            if isStopping {
                close(server)
                close(client)
                return
            }
            let link = Link(client: client, server: server)
            Thread.detachNewThread { [self] in
                fromClient(link)
                link.cut()
                link.release(in: self)
            }
            Thread.detachNewThread { [self] in
                fromServer(link)
                link.cut()
                link.release(in: self)
            }
        }
    }

    private func fromClient(_ link: Link) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var sent = 0
        var isInTransaction = false
        while true {
            let count = read(link.client, &buffer, buffer.count)
            if count <= 0 { return }
            waitWhileHolding()
            let bytes = buffer[..<count]
            if bytes.holds("BEGIN") {
                sent = 0
                isInTransaction = true
            }
            // A query, or the parsing of a statement.
            let isStatement = buffer[0] == UInt8(ascii: "Q") || buffer[0] == UInt8(ascii: "P")
            if isInTransaction || isStatement, let fault = faultOfNext() {
                switch fault {
                case .late(_, let milliseconds): usleep(milliseconds * 1_000)
                case .killing:
                    Self.killPeer(of: link.client)
                    return
                default:
                    _ = Self.send(Self.failure, Self.failure.count, to: link.client)
                    return
                }
            }
            if case .afterSending(let limit)? = state.withLock(\.faults.first), sent + count > limit {
                strike()
                _ = write(link.server, buffer, max(0, limit - sent))
                return
            }
            sent += count
            if bytes.holds("COMMIT\0") {
                switch state.withLock(\.faults.first) {
                case .beforeCommit?:
                    strike()
                    return
                case .inReply(let limit)?:
                    strike()
                    link.limitReply(to: limit)
                case .lateCommit(let milliseconds)?:
                    strike()
                    usleep(milliseconds * 1_000)
                case .afterSending?, .failing?, .killing?, .late?, nil: break
                }
                isInTransaction = false
            }
            if !Self.send(buffer, count, to: link.server) { return }
        }
    }

    private func fromServer(_ link: Link) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(link.server, &buffer, buffer.count)
            if count <= 0 { return }
            waitWhileHolding()
            let (passed, isLast) = link.take(count)
            if !Self.send(buffer, passed, to: link.client) || isLast { return }
        }
    }

    /// The fault that strikes what a client now sends.
    private func faultOfNext() -> Fault? {
        state.withLock { state in
            state.sent += 1
            switch state.faults.first {
            case .failing(let number)? where state.sent >= number, .killing(let number)? where state.sent >= number,
                .late(let number, _)? where state.sent >= number:
                state.struck += 1
                return state.faults.removeFirst()
            default: return nil
            }
        }
    }

    /// Kills the process at the other end of a Unix socket: unix(7), SO_PEERCRED, of which Glibc shows no `ucred`.
    private static func killPeer(of socket: Int32) {
        var peer: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, peer.pid > 1, peer.pid != getpid() else {
            return
        }
        kill(peer.pid, SIGKILL)
    }

    /// ErrorResponse and ReadyForQuery.
    private static let failure: [UInt8] = {
        let fields = Array("SERROR\0VERROR\0CXX999\0Mstruck by a test\0\0".utf8)
        return [UInt8(ascii: "E"), 0, 0, 0, UInt8(fields.count + 4)] + fields
            + [UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "E")]
    }()

    private func strike() {
        state.withLock { state in
            state.faults.removeFirst()
            state.struck += 1
        }
    }

    fileprivate func forget(_ socket: Int32) {
        state.withLock { state in
            state.sockets.remove(socket)
            close(socket)
        }
    }

    private static func send(_ bytes: [UInt8], _ count: Int, to socket: Int32) -> Bool {
        var sent = 0
        while sent < count {
            let more = bytes[sent..<count].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if more <= 0 { return false }
            sent += more
        }
        return true
    }
}

/// The two ends of a connection through the proxy.
private final class Link: Sendable {
    let client: Int32
    let server: Int32
    private let state = Mutex((replyLeft: Int?.none, users: 2))

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    /// From now on so many bytes reach the client, and then none.
    func limitReply(to bytes: Int) { state.withLock { $0.replyLeft = bytes } }

    /// How many of these bytes may pass, and whether none may after them. Told at once: a limit set after bytes have passed
    /// is for the reply to what is sent next, which has not left yet.
    func take(_ count: Int) -> (passed: Int, isLast: Bool) {
        state.withLock { state in
            guard let left = state.replyLeft else { return (count, false) }
            let passed = min(left, count)
            state.replyLeft = left - passed
            return (passed, passed == left)
        }
    }

    /// Called by a direction that still uses both ends, so that neither is closed.
    func cut() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    /// Closes both ends when neither direction uses them any more.
    func release(in proxy: FaultProxy) {
        let isLast = state.withLock { state in
            state.users -= 1
            return state.users == 0
        }
        if isLast { for socket in [client, server] { proxy.forget(socket) } }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func holds(_ text: StaticString) -> Bool {
        // Only what a statement is short enough for: COPY data come in large pieces.
        guard count < 512 else { return false }
        return withUnsafeBytes { bytes in
            guard let first = bytes.baseAddress else { return false }
            let size = text.utf8CodeUnitCount
            var start = 0
            while start + size <= bytes.count {
                let rest = first + start
                guard let found = memchr(rest, Int32(text.utf8Start[0]), bytes.count - start - size + 1) else { break }
                if memcmp(found, text.utf8Start, size) == 0 { return true }
                start += UnsafeRawPointer(found) - rest + 1
            }
            return false
        }
    }
}
