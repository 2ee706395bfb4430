extension ClusterLayout {
    /// `sun_path` has 108 bytes, the last of them NUL (unix(7)).
    private static let longestSocketPath = 107

    /// The socket's directory: inside the home, or, when a socket's path there would be too long, a short one of the same
    /// user with a name that the next command finds again.
    var socketDirectory: String {
        let inside = folder + "/run"
        if Self.socket(in: inside).utf8.count <= Self.longestSocketPath { return inside }
        // FNV-1a: a name, not a secret. Whether the directory is ours is checked by its owner.
        let hash = home.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "/tmp/taximeter-\(account.userID)-" + String(hash, radix: 16)
    }

    static func socket(in directory: String) -> String { "\(directory)/.s.PGSQL.\(EmbeddedCluster.port)" }
}
