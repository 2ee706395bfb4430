import CLibPQ

/// Where to connect, and how long to wait for what. Its description never shows a password.
public struct ConnectionOptions: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let connectionString: String

    /// How long connecting may take, all addresses together.
    public var connectTimeoutMilliseconds = 10_000
    /// How long sent data may stay unacknowledged before the connection counts as broken (TCP).
    public var tcpUserTimeoutMilliseconds = 30_000
    /// The server's limit on a statement of a transaction; 0 is none.
    public var statementTimeoutMilliseconds = 60_000
    /// The server's limit on waiting for a lock.
    public var lockTimeoutMilliseconds = 30_000
    /// How much longer than the server's own limit to wait for its answer: a server that hangs cannot time out by
    /// itself.
    public var replyGraceMilliseconds = 15_000
    /// What the server shows the connection as.
    public var applicationName = "taximeter"
    /// Called once on each new connection before it is used. An error closes the connection.
    public var sessionInit: (@Sendable (Connection) throws -> Void)?
    /// Given what the server says besides its answers. Called while a statement runs.
    public var onNotice: (@Sendable (PostgresNotice) -> Void)?

    /// Options for a `postgres://` URL or a libpq connection string; an empty one means libpq's own `PG*` variables.
    public init(_ connectionString: String) { self.connectionString = connectionString }

    /// Shows nothing of the connection string, which may hold a password.
    public var description: String { "ConnectionOptions(…)" }
    /// Shows nothing of the connection string, which may hold a password.
    public var debugDescription: String { description }
    /// Shows nothing of the connection string, which may hold a password.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// What libpq is given: the user's settings, then those that this library decides.
    func parameters() throws(PostgresError) -> [(keyword: String, value: String)] {
        var settings = try Self.parse(connectionString)
        let defaults = Self.defaults()
        func value(_ keyword: String) -> String? { settings[keyword] ?? defaults[keyword] }

        // A password must not go to whoever answers: off this machine the server has to prove its name.
        if settings["sslmode"] == nil, defaults["sslmode"] == nil || defaults["sslmode"] == "prefer" {
            // Where `hostaddr` is given it goes there, whatever the host is called. What a service names is not known here.
            let hosts = [value("host"), value("hostaddr")].compactMap { $0 }.flatMap { $0.split(separator: ",") }
            let isUnknown = hosts.isEmpty && settings["service"] != nil
            if isUnknown || !hosts.map(String.init).allSatisfy(Self.isLocal) { settings["sslmode"] = "verify-full" }
        }
        settings["client_encoding"] = "UTF8"
        settings["tcp_user_timeout"] = settings["tcp_user_timeout"] ?? String(tcpUserTimeoutMilliseconds)
        settings["application_name"] = settings["application_name"] ?? applicationName
        return settings.map { ($0.key, $0.value) }.sorted { $0.keyword < $1.keyword }
    }

    private static func isLocal(_ host: String) -> Bool {
        if host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1" { return true }
        // An address and not a name: `127.example.com` may be anywhere.
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }

    private static func parse(_ text: String) throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            // libpq's message quotes the string, password and all.
            PQfreemem(message)
            throw unreadable
        }
        defer { PQconninfoFree(options) }
        let values = values(options)
        // A password with a bare `/` or `@` is taken for a port or a host, which libpq would quote as such.
        let ports = (values["port"] ?? "").split(separator: ",")
        let hosts = (values["host"] ?? "").split(separator: ",")
        if !ports.allSatisfy({ UInt16($0) != nil }) || hosts.contains(where: { $0.dropFirst().contains("@") })
            || hasUserInPath(text)
        {
            throw unreadable
        }
        return values
    }

    /// Whether a URL has its `@` behind the first `/`: what stands before is then no host, but a user and a password.
    private static func hasUserInPath(_ text: String) -> Bool {
        guard let scheme = ["postgres://", "postgresql://"].first(where: text.hasPrefix) else { return false }
        let address = text.dropFirst(scheme.count).prefix { $0 != "?" }
        guard let slash = address.firstIndex(of: "/") else { return false }
        return address[slash...].contains("@") && !address[..<slash].contains("@")
    }

    private static var unreadable: PostgresError {
        PostgresError(
            .usage,
            "the connection string cannot be read; expected postgres://user@host:port/database or keyword=value pairs, "
                + "and in a URL a password whose special characters are percent-encoded")
    }

    private static func defaults() -> [String: String] {
        guard let options = PQconndefaults() else { return [:] }
        defer { PQconninfoFree(options) }
        return values(options)
    }

    private static func values(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
    }
}
