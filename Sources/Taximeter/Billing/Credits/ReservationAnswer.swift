/// What became of asking for a reservation.
public enum ReservationAnswer: Sendable, Hashable {
    /// The amount is held, also when it had been before: asking again under the same id holds nothing more.
    case reserved
    /// The account is prepaid, and has only so much.
    case insufficient(available: Money)
    /// A hard spend limit has only so much left.
    case limitReached(Balance.LimitLeft)
    /// The id stands for another amount, or was settled.
    case conflict
}

/// What became of settling a reservation.
public enum SettlementAnswer: Sendable, Hashable {
    /// The actual amount is held from now on, until the reservation expires; also when it had been before.
    case settled
    /// There is no such reservation: never made, released, or long expired.
    case unknown
    /// It was settled with another amount.
    case conflict
}
