import Glibc

/// Keeps SIGPIPE from the process while something writes to a peer that may be gone.
///
/// libpq asks the kernel not to send it wherever it can, but not when it cancels: its request to a server that has just
/// died would end the process that this library is a guest of.
enum PipeSignal {
    /// Runs a body on this thread; a write in it that finds nobody fails and does nothing else.
    static func held<R>(_ body: () -> R) -> R {
        var pipe = sigset_t()
        var before = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        let wasPending = isPending()
        guard pthread_sigmask(SIG_BLOCK, &pipe, &before) == 0 else { return body() }
        defer {
            // A signal of ours is taken away before it is let through again; one that was waiting before is not ours.
            var atOnce = timespec()
            if !wasPending, isPending() { sigtimedwait(&pipe, nil, &atOnce) }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        return body()
    }

    private static func isPending() -> Bool {
        var pending = sigset_t()
        return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1
    }
}
