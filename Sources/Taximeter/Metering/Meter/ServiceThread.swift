import Foundation
import Glibc

/// A thread of our own: for work that waits for disks and servers, which Swift's cooperative pool must never do.
package enum ServiceThread {
    /// Starts a thread that takes no signals, so that the host's handlers run where they always did.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var all = sigset_t()
            unsafe sigfillset(&all)
            unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
            body()
        }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }
}
