import Synchronization
import Taximeter
import TaximeterPostgres

/// The raters of price books that were asked for, read again every few seconds, so that new prices are quoted soon.
final class RaterCache: Sendable {
    private struct Entry {
        let rater: PeriodRater
        let readAt: ContinuousClock.Instant
    }

    private static let maximumAge = Duration.seconds(5)

    private let store: Store
    private let entries = Mutex<[String: Entry]>([:])

    init(_ store: Store) { self.store = store }

    /// The rater of a book; nil for the one that prices accounts without a plan. Blocks when it has to be read.
    func rater(of book: String?) throws -> PeriodRater {
        let name = book ?? ""
        let known = entries.withLock { $0[name] }
        if let known, known.readAt.duration(to: .now) < Self.maximumAge { return known.rater }
        let rater = PeriodRater(Rater(book: try store.priceBook(named: book)))
        entries.withLock { $0[name] = Entry(rater: rater, readAt: .now) }
        return rater
    }
}
