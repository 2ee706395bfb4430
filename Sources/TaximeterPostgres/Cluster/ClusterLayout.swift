import Foundation

/// Where the cluster's files lie. All of them are in `postgresql/` inside the home, so that a home which was there
/// before is never given another owner or mode.
struct ClusterLayout {
    let home: String
    let account: ServerAccount

    var folder: String { home + "/postgresql" }
    var data: String { folder + "/data" }
    var log: String { folder + "/log" }
    var lock: String { folder + "/lock" }
    var startupLog: String { log + "/startup.log" }
    var serverLock: ServerLockFile? { ServerLockFile(path: data + "/postmaster.pid") }

    /// Resolves the home: as given, else `TAXIMETER_HOME`, else for root `/var/lib/taximeter` (its own home directory is
    /// closed to the user the server runs as), else `taximeter` in the user's directory for state
    /// (https://specifications.freedesktop.org/basedir-spec/latest/).
    init(home given: String?, environment: [String: String], isRoot: Bool) throws(ClusterError) {
        let home: String
        if let named = [given, environment["TAXIMETER_HOME"]].compactMap(\.self).first(where: { !$0.isEmpty }) {
            home = named
        } else if isRoot {
            home = "/var/lib/taximeter"
        } else if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            home = state + "/taximeter"
        } else if let user = environment["HOME"], user.hasPrefix("/") {
            home = user + "/.local/state/taximeter"
        } else {
            throw ClusterError(.homeUnusable, "HOME is not set; set TAXIMETER_HOME to the folder for taximeter's data")
        }
        if home.unicodeScalars.contains(where: { $0.value < 32 }) {
            throw ClusterError(.homeUnusable, "the home's path contains a control character: \(home.debugDescription)")
        }
        self.home = URL(filePath: home).standardizedFileURL.path
        account = try ServerAccount.owner(of: self.home + "/postgresql")
    }

    /// Creates what is missing of the home and its folder, and makes sure that the server's user can use them.
    func prepare() throws(ClusterError) {
        for directory in [home, folder] where !FileManager.default.fileExists(atPath: directory) {
            do {
                try create(directory)
            } catch {
                // Of two commands that both saw it missing, the second finds it made.
                if FileManager.default.fileExists(atPath: directory) { continue }
                let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error ?? error
                throw ClusterError.storage(
                    .homeUnusable, "cannot create \(directory): \(reason.localizedDescription); set TAXIMETER_HOME",
                    at: directory, log: [])
            }
        }
        try requireReachable()
        try requirePrivate(folder)
    }

    /// Creates a directory under another name first, so that nobody sees it before it has its owner.
    private func create(_ directory: String) throws {
        let files = FileManager.default
        let new = "\(directory).new-\(UUID().uuidString)"
        try files.createDirectory(
            at: URL(filePath: directory).deletingLastPathComponent(), withIntermediateDirectories: true)
        try files.createDirectory(
            atPath: new, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        do {
            if account.isDropped {
                try files.setAttributes(
                    [.ownerAccountID: account.userID, .groupOwnerAccountID: account.groupID], ofItemAtPath: new)
            }
            try files.moveItem(atPath: new, toPath: directory)
        } catch {
            try? files.removeItem(atPath: new)
            throw error
        }
    }

    private func requireReachable() throws(ClusterError) {
        let test = account.command("/bin/sh", ["-c", #"test -w "$1" && test -x "$1""#, "sh", folder])
        if try !test.run().succeeded {
            throw ClusterError(
                .homeUnusable,
                "the home \(home) cannot be used by the user \(account.name), under which the server runs; "
                    + "set TAXIMETER_HOME to a folder that this user can reach and write")
        }
    }

    /// Makes a directory that only the server's user can enter, or checks that it is one: not a link, not somebody
    /// else's.
    func makePrivate(_ directory: String) throws(ClusterError) {
        _ = try account.command("/bin/mkdir", ["-m", "700", directory]).run()
        try requirePrivate(directory)
    }

    private func requirePrivate(_ directory: String) throws(ClusterError) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: directory)
        guard attributes?[.type] as? FileAttributeType == .typeDirectory,
            attributes?[.ownerAccountID] as? NSNumber == NSNumber(value: account.userID),
            attributes?[.posixPermissions] as? NSNumber == 0o700
        else {
            throw ClusterError.storage(
                .homeUnusable,
                "\(directory) is not a directory of the user \(account.name) with mode 0700; mend that, or set TAXIMETER_HOME",
                at: directory, log: [])
        }
    }
}
