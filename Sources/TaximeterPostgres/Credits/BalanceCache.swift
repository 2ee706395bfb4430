import Dispatch
import Synchronization
public import Taximeter

/// What accounts can still spend, in the memory of the serving process: a check takes no round trip.
///
/// An answer is by a balance that was read at most ``Options/maximumAge`` ago; where there is none so fresh, it is that
/// nobody knows. While all is well a balance is as old as the pause between two refreshes and the time that one takes. A check
/// holds nothing: all that is spent in that time passes. Where that is too much, reserve.
public final class BalanceCache: Sendable {
    /// How fresh answers are.
    public struct Options: Sendable, Hashable {
        /// The pause between two refreshes.
        public var pause: Duration
        /// How old a balance may become before it answers nothing any more; longer than the pause.
        public var maximumAge: Duration

        /// Options; by default refreshed every second, and good for five.
        public init(pause: Duration = .seconds(1), maximumAge: Duration = .seconds(5)) {
            self.pause = pause
            self.maximumAge = maximumAge
        }
    }

    private struct State {
        var accounts: [Identifier: Held] = [:]
        var isStopped = false
        var lastFailure: String?
    }

    /// An account as long as somebody holds it.
    private struct Held {
        weak var account: CachedAccount?
    }

    private let store: Store
    private let options: Options
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// A cache of balances of a store.
    public init(_ store: Store, options: Options = Options()) {
        self.store = store
        self.options = options
    }

    /// Starts to refresh, on a thread of its own, until ``stop()``. To be called once.
    public func start() {
        ServiceThread.start("taximeter-balances") {
            while !self.state.withLock({ $0.isStopped }) {
                self.refresh()
                self.pause()
            }
        }
    }

    /// Ends refreshing. What is known answers until it is too old.
    public func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    /// Why the last refresh failed; nil when it did not.
    public var lastFailure: String? { state.withLock { $0.lastFailure } }

    /// An account to check: asked for once, and refreshed from now on for as long as it is held.
    public func account(_ account: Identifier) -> CachedAccount {
        let (cached, isNew) = state.withLock { state in
            if let known = state.accounts[account]?.account { return (known, false) }
            let new = CachedAccount(account)
            state.accounts[account] = Held(account: new)
            return (new, true)
        }
        if isNew { wake.signal() }
        return cached
    }

    /// Reads the balances of all accounts that are held, in one statement.
    func refresh() {
        // From before the question, so that a balance is at least that fresh.
        let goodUntil = CoarseClock.now().advanced(by: options.maximumAge)
        let accounts = state.withLock { state in
            state.accounts = state.accounts.filter { $0.value.account != nil }
            return state.accounts.values.compactMap(\.account)
        }
        if accounts.isEmpty { return }
        do {
            let balances = try store.balances(of: accounts.map(\.account))
            for account in accounts { account.keep(balances[account.account], goodUntil: goodUntil) }
            state.withLock { $0.lastFailure = nil }
        } catch {
            state.withLock { $0.lastFailure = "\(error)" }
        }
    }

    /// Waits for the next refresh, or for an account that is new.
    private func pause() {
        let (seconds, attoseconds) = options.pause.components
        // Added one by one: a sum of nanoseconds would not hold a pause of centuries, and such a deadline is none.
        let deadline = DispatchTime.now() + .seconds(Int(clamping: seconds))
        _ = wake.wait(timeout: deadline + .nanoseconds(Int(attoseconds / 1_000_000_000)))
    }
}
