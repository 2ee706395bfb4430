/// The cluster's own `psql`, for what has to work before there is a connection of ours: the first database, and tests.
package struct Psql: Sendable {
    let program: String

    /// Runs statements and gives their rows: one a line, columns parted by `|`.
    @discardableResult
    package func run(_ sql: String, at address: ClusterAddress) throws(ClusterError) -> String {
        let outcome = try Command(
            program: program,
            arguments: ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", address.connectionString, "-f", "-"],
            environment: ServerAccount.environment, input: sql
        ).run()
        if outcome.succeeded { return outcome.output }
        throw ClusterError(
            .programFailed, "psql failed in the database \(address.database) at \(address.socketDirectory)",
            log: outcome.lastLines)
    }
}

extension EmbeddedCluster {
    /// The `psql` of an existing cluster's version.
    package func psql() throws(ClusterError) -> Psql { Psql(program: try programs(layout()).path("psql")) }
}
