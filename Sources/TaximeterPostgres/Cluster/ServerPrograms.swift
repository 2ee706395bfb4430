import Foundation

/// A folder with PostgreSQL's server programs, and their major version.
struct ServerPrograms: Equatable {
    /// The oldest version whose SQL the store is written in.
    static let oldestVersion = 15
    static let names = ["postgres", "initdb", "pg_ctl", "psql"]

    let folder: String
    let version: Int

    func path(_ program: String) -> String { folder + "/" + program }

    /// The programs for data of that version, or the newest for a new cluster (nil).
    static func find(version: Int?, dataDirectory: String, environment: [String: String]) throws(ClusterError)
        -> ServerPrograms
    {
        let found = installed(environment: environment)
        let versions = Set(found.map(\.version)).sorted().map(String.init).joined(separator: ", ")
        if let version {
            if let match = found.first(where: { $0.version == version }) { return match }
            throw ClusterError(
                .otherVersion,
                "\(dataDirectory) is a cluster of PostgreSQL \(version), of which there are no server programs "
                    + "(found: \(versions.isEmpty ? "none" : versions)); install that version "
                    + "(on Debian: apt-get install postgresql-\(version)), or set TAXIMETER_HOME for a new cluster")
        }
        // The first among equals: the order of search.
        if let newest = found.max(by: { $0.version < $1.version }), newest.version >= oldestVersion,
            let first = found.first(where: { $0.version == newest.version })
        {
            return first
        }
        let places =
            environment["TAXIMETER_PG_BIN"].map { "TAXIMETER_PG_BIN (\($0))" } ?? "PATH and \(debianFolder)/*/bin"
        throw ClusterError(
            .programsMissing,
            "no server programs of PostgreSQL \(oldestVersion) or newer (\(names.joined(separator: ", "))) in \(places)"
                + (versions.isEmpty ? "" : ", only of \(versions)") + "; on Debian: apt-get install postgresql")
    }

    private static let debianFolder = "/usr/lib/postgresql"

    /// All that are installed, in the order of search. `TAXIMETER_PG_BIN` excludes all others.
    static func installed(environment: [String: String]) -> [ServerPrograms] {
        if let folder = environment["TAXIMETER_PG_BIN"] {
            return [at(URL(filePath: folder).standardizedFileURL.path)].compactMap(\.self)
        }
        // What stands in PATH may be a link into the folder where all programs are.
        let path = (environment["PATH"] ?? "").split(separator: ":")
            .map { URL(filePath: $0 + "/pg_ctl").resolvingSymlinksInPath().deletingLastPathComponent().path }
        let debian = ((try? FileManager.default.contentsOfDirectory(atPath: debianFolder)) ?? [])
            .map { "\(debianFolder)/\($0)/bin" }
        var seen = Set<String>()
        return (path + debian.sorted()).filter { seen.insert($0).inserted }.compactMap(at)
    }

    private static func at(_ folder: String) -> ServerPrograms? {
        guard names.allSatisfy({ FileManager.default.isExecutableFile(atPath: folder + "/" + $0) }),
            let outcome = try? Command(
                program: folder + "/postgres", arguments: ["--version"], environment: ServerAccount.environment
            ).run(within: 30),
            outcome.succeeded, let version = version(in: outcome.output)
        else { return nil }
        return ServerPrograms(folder: folder, version: version)
    }

    /// 15 in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    static func version(in output: String) -> Int? {
        guard let word = output.split(whereSeparator: \.isWhitespace).first(where: { $0.first?.isNumber == true })
        else { return nil }
        return Int(word.prefix { $0.isASCII && $0.isNumber })
    }
}
