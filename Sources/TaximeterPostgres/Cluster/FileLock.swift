import Glibc

/// An exclusive lock on a file, between processes; the kernel gives it back when its holder dies.
enum FileLock {
    /// Does something while holding the lock, after waiting for it until the deadline. Creates the file if need be,
    /// owned by `account`.
    static func hold<Result>(
        _ path: String, account: ServerAccount, deadline: ContinuousClock.Instant,
        while body: () throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor < 0 {
            throw ClusterError(.homeUnusable, "cannot open the lock \(path): \(ClusterError.reason(errno))")
        }
        defer { close(descriptor) }
        if account.isDropped { _ = fchown(descriptor, account.userID, account.groupID) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let error = errno
            if error != EWOULDBLOCK && error != EINTR {
                throw ClusterError(.homeUnusable, "cannot lock \(path): \(ClusterError.reason(error))")
            }
            if ContinuousClock.now > deadline {
                throw ClusterError(
                    .busy, "another command is still starting or stopping the cluster (it holds \(path))")
            }
            usleep(20_000)
        }
        return try body()
    }
}
