/// Where a cluster listens, and the database to use there. There is no password: the socket's directory is private.
public struct ClusterAddress: Sendable, Hashable {
    /// The directory of the Unix socket.
    public let socketDirectory: String
    /// The number in the socket's name; nothing listens on a TCP port.
    public let port: Int
    /// The role to connect as, a superuser of its cluster.
    public let user: String
    /// The database.
    public let database: String

    /// An address of these parts.
    public init(socketDirectory: String, port: Int, user: String, database: String) {
        self.socketDirectory = socketDirectory
        self.port = port
        self.user = user
        self.database = database
    }

    /// The same cluster's other database.
    public func with(database: String) -> ClusterAddress {
        ClusterAddress(socketDirectory: socketDirectory, port: port, user: user, database: database)
    }

    /// As libpq reads it: `host=… port=… user=… dbname=…`, each value quoted where it has to be
    /// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
    public var connectionString: String {
        [("host", socketDirectory), ("port", String(port)), ("user", user), ("dbname", database)]
            .map { "\($0)=\(Self.quoted($1))" }.joined(separator: " ")
    }

    /// A command for the shell that opens the database in `psql`.
    public var psqlCommand: String { "psql \(shellWord)" }

    /// The connection string as a word of the shell.
    public var shellWord: String {
        "'" + connectionString.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        if isPlain && !value.isEmpty { return value }
        return "'" + value.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] } + "'"
    }
}
