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
        /// How long an account that nobody asks for is still refreshed.
        public var idle: Duration

        /// Options; by default refreshed every second, good for five, and dropped after ten minutes.
        public init(
            pause: Duration = .seconds(1), maximumAge: Duration = .seconds(5), idle: Duration = .seconds(600)
        ) {
            self.pause = pause
            self.maximumAge = maximumAge
            self.idle = idle
        }
    }

    private struct Entry {
        /// The most that can be spent; nil without bound.
        var spendable: Money?
        /// When the balance was asked for, so that it is at least that fresh; nil while it is not known.
        var asOf: ContinuousClock.Instant?
        var lastUse: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Identifier: Entry] = [:]
        var isStopped = false
        var lastFailure: String?

        mutating func check(
            _ amount: Money, _ account: Identifier, _ now: ContinuousClock.Instant, _ maximumAge: Duration
        ) -> (answer: Bool?, isNew: Bool) {
            guard let index = entries.index(forKey: account) else {
                entries[account] = Entry(lastUse: now)
                return (nil, true)
            }
            entries.values[index].lastUse = now
            let entry = entries.values[index]
            guard let asOf = entry.asOf, now - asOf <= maximumAge else { return (nil, false) }
            guard let spendable = entry.spendable else { return (true, false) }
            return (spendable.currency == amount.currency && amount.units <= spendable.units, false)
        }
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

    /// Whether an account can spend an amount: by its balance when it is prepaid, and by its hard limits. Nil when nobody
    /// knows: the account was not asked for before (it is from now on), it has no balance, or the store cannot be reached.
    /// Amounts in another currency than the account's are never allowed.
    public func allows(_ amount: Money, by account: Identifier) -> Bool? {
        let now = ContinuousClock.now
        let (answer, isNew) = state.withLock { state in
            state.check(amount, account, now, options.maximumAge)
        }
        if isNew { wake.signal() }
        return answer
    }

    /// Reads the balances of all accounts in use, in one statement.
    func refresh() {
        let now = ContinuousClock.now
        let accounts = state.withLock { state in
            state.entries = state.entries.filter { now - $0.value.lastUse < options.idle }
            return Array(state.entries.keys)
        }
        if accounts.isEmpty { return }
        do {
            let balances = try store.balances(of: accounts)
            state.withLock { state in
                state.lastFailure = nil
                for account in accounts {
                    let balance = balances[account]
                    state.entries[account]?.spendable = balance?.spendable
                    state.entries[account]?.asOf = balance == nil ? nil : now
                }
            }
        } catch {
            state.withLock { $0.lastFailure = "\(error)" }
        }
    }

    /// Waits for the next refresh, or for an account that is new.
    private func pause() {
        let (seconds, attoseconds) = options.pause.components
        let nanoseconds = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        _ = wake.wait(timeout: .now() + .nanoseconds(nanoseconds))
    }
}
