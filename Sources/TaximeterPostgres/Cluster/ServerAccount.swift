import Foundation
import Glibc

/// The user the server runs as, and who owns its files: ourselves, or, because PostgreSQL refuses to run as root, an
/// unprivileged user to whom root's commands drop.
struct ServerAccount: Equatable {
    let name: String
    let userID: UInt32
    let groupID: UInt32

    /// Whether commands have to drop to this user, because we are root.
    let isDropped: Bool

    /// Who the server of this folder runs as. For root, the folder's owner when it is there already (so that root may
    /// look after another user's cluster), else `postgres`, else `nobody`.
    static func owner(of folder: String) throws(ClusterError) -> ServerAccount {
        guard geteuid() == 0 else {
            return ServerAccount(name: NSUserName(), userID: geteuid(), groupID: getegid(), isDropped: false)
        }
        let users = passwd((try? String(contentsOfFile: "/etc/passwd", encoding: .utf8)) ?? "")
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder)
        let ownerID = (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value
        let owner = ownerID == 0 ? nil : users.first { $0.userID == ownerID }
        guard let account = owner ?? users.first(named: "postgres") ?? users.first(named: "nobody") else {
            throw ClusterError(
                .programFailed, "PostgreSQL refuses to run as root, and /etc/passwd has no user postgres or nobody")
        }
        return account
    }

    /// The unprivileged users of a file like `/etc/passwd` (passwd(5)).
    static func passwd(_ text: String) -> [ServerAccount] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let user = UInt32(fields[2]), let group = UInt32(fields[3]), user != 0 else {
                return nil
            }
            return ServerAccount(name: String(fields[0]), userID: user, groupID: group, isDropped: true)
        }
    }

    /// The command as this user runs it, in an environment that is the same whoever calls: no `PG*` variable and no
    /// locale gets through.
    func command(_ program: String, _ arguments: [String], input: String = "") -> Command {
        var command = Command(program: program, arguments: arguments, environment: Self.environment, input: input)
        if isDropped {
            // Root's working directory may be closed to this user.
            command.program = "/usr/bin/env"
            command.arguments =
                ["--chdir=/", "setpriv", "--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", "--", program]
                + arguments
        }
        return command
    }

    static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"]

    /// Writes a file as this user, whole or not at all.
    func write(_ text: String, to path: String) throws(ClusterError) {
        let script = #"umask 077; cat > "$1.new" && mv -f "$1.new" "$1""#
        let outcome = try command("/bin/sh", ["-c", script, "sh", path], input: text).run()
        if !outcome.succeeded {
            throw ClusterError.storage(.homeUnusable, "cannot write \(path)", at: path, log: outcome.lastLines)
        }
    }
}

extension [ServerAccount] {
    fileprivate func first(named name: String) -> ServerAccount? { first { $0.name == name } }
}
