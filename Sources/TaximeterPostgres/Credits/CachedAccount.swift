import Synchronization
public import Taximeter

/// What an account can spend, as far as ``BalanceCache`` knows. A check is a few loads and no lock.
public final class CachedAccount: Sendable {
    /// The account.
    public let account: Identifier

    // What is known, in words. The version is odd while they change: who has read them under one even version has read
    // what was written together.
    private let version = Atomic<UInt64>(0)
    private let goodUntil = Atomic<Int64>(.min)
    /// Nothing where there is no bound.
    private let currency = Atomic<UInt32>(0)
    private let low = Atomic<UInt64>(0)
    private let high = Atomic<Int64>(0)
    private let writing = Mutex(())

    init(_ account: Identifier) { self.account = account }

    /// Whether the account can spend an amount: by its balance when it is prepaid, and by its hard limits. Nil when nobody
    /// knows: it was not read yet, it has no balance, or the store cannot be reached. An amount in another currency than
    /// the account's is never allowed.
    public func allows(_ amount: Money) -> Bool? {
        while true {
            let before = version.load(ordering: .acquiring)
            let goodUntil = goodUntil.load(ordering: .relaxed)
            let currency = currency.load(ordering: .relaxed)
            let low = low.load(ordering: .relaxed)
            let high = high.load(ordering: .relaxed)
            atomicMemoryFence(ordering: .acquiring)
            if before & 1 == 1 || version.load(ordering: .relaxed) != before { continue }
            guard CoarseClock.now().nanoseconds <= goodUntil else { return nil }
            if currency == 0 { return true }
            return currency == amount.currency.packed && amount.units <= Int128(high) << 64 | Int128(low)
        }
    }

    func keep(_ balance: Balance?, goodUntil: CoarseClock) {
        let spendable = balance?.spendable
        let units = spendable?.units ?? 0
        writing.withLock { _ in
            version.wrappingAdd(1, ordering: .relaxed)
            atomicMemoryFence(ordering: .releasing)
            self.goodUntil.store(balance == nil ? .min : goodUntil.nanoseconds, ordering: .relaxed)
            currency.store(spendable?.currency.packed ?? 0, ordering: .relaxed)
            low.store(UInt64(truncatingIfNeeded: units), ordering: .relaxed)
            high.store(Int64(truncatingIfNeeded: units >> 64), ordering: .relaxed)
            version.wrappingAdd(1, ordering: .releasing)
        }
    }
}
