/// The most that an account may spend in a billing period.
public struct SpendLimit: Sendable, Hashable {
    /// Why something is not a limit.
    public enum Invalid: Error, Equatable, CustomStringConvertible {
        /// Nothing, or less.
        case notPositive(Money)
        /// A threshold that is no per cent of the amount that can be told.
        case threshold(Int32)

        /// What was found, and what was expected.
        public var description: String {
            switch self {
            case .notPositive(let amount): "the amount is \(amount); expected more than zero"
            case .threshold(let percent): "a threshold is \(percent) %; expected 1 to 1000"
            }
        }
    }

    /// The account.
    public let account: Identifier
    /// What tells it from the account's other limits.
    public let name: Identifier
    /// Whether it refuses reservations; else it only tells.
    public let isHard: Bool
    /// How much, of the charges of a billing period.
    public let amount: Money
    /// Per cent of the amount at which the outbox is told, each once a period; in order.
    public let thresholds: [Int32]

    /// A limit.
    ///
    /// - Throws: ``Invalid``.
    public init(
        account: Identifier, name: Identifier, isHard: Bool = false, amount: Money, thresholds: [Int32] = [100]
    ) throws(Invalid) {
        if amount.units <= 0 { throw .notPositive(amount) }
        for threshold in thresholds where !(1...1_000).contains(threshold) { throw .threshold(threshold) }
        self.account = account
        self.name = name
        self.isHard = isHard
        self.amount = amount
        self.thresholds = Set(thresholds).sorted()
    }
}
