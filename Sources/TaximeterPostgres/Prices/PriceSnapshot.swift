import PostgresWire
import Taximeter

/// The price books as they stand at one moment, and how they cut time and request sizes.
///
/// Jobs work with a snapshot; ``hold(_:)`` makes sure, in each of their transactions, that it is still the present.
struct PriceSnapshot: Sendable {
    /// Counts the loads of prices.
    let generation: Int64
    /// Every book, because usage is cut so that it can be rated with any of them.
    let books: [StoredPriceBook]
    /// The book of accounts without a subscription; nil while none is loaded.
    let defaultBook: StoredPriceBook?
    /// Rates by the default book.
    let rater: Rater?
    /// The size classes of all books together.
    let sizes: SizeCuts
    /// Which instant of an event decides its slot.
    let ratingInstant: RatingInstant

    /// - Parameter ratingInstant: Where it is not the default book's to say.
    init(generation: Int64, books: [StoredPriceBook], defaultBookKey: Int32?, ratingInstant: RatingInstant? = nil) {
        self.generation = generation
        self.books = books
        let defaultBook = books.first { $0.key == defaultBookKey }
        self.defaultBook = defaultBook
        self.ratingInstant = ratingInstant ?? defaultBook?.book.ratingInstant ?? .completedAt
        rater = defaultBook.map { Rater(book: $0.book) }
        sizes = books.reduce(SizeCuts()) { $0.union($1.book.sizeCuts) }
    }

    /// Reads the present state.
    static func read(_ store: Store) throws -> PriceSnapshot {
        try store.transaction(as: .biller) { try read($0, lock: .forShare) }
    }

    /// Reads the state that a transaction sees.
    static func read(_ connection: Connection, lock: ReadPriceState.Lock?) throws -> PriceSnapshot {
        guard let state = try connection.query(ReadPriceState(lock: lock)).first else {
            throw StoreError(.schemaChanged, "taximeter.price_state has no row: restore the database from a backup")
        }
        return PriceSnapshot(
            generation: state.generation, books: try StoredPriceBook.readAll(connection),
            defaultBookKey: state.defaultBookKey)
    }

    /// Keeps prices as they are until the transaction's end.
    ///
    /// - Throws: ``PricesChanged`` when they are no longer those of the snapshot.
    func hold(_ connection: Connection) throws {
        let state = try connection.query(ReadPriceState(lock: .forShare)).first
        if state?.generation != generation { throw PricesChanged() }
    }

    /// How the books cut an hour.
    func cuts(ofHour hour: Instant) -> HourCuts {
        let end = hour.advanced(byMicroseconds: Instant.hour) ?? .latest
        let inner = Set(books.flatMap { $0.book.cuts(in: hour..<end) }).sorted()
        return HourCuts(
            ratingInstant: ratingInstant.rawValue, slots: [hour] + inner, input: sizes.input, output: sizes.output,
            unratedClasses: sizes.unratedClasses)
    }
}

/// Where an hour is cut into slots, and requests into size classes.
struct HourCuts: Equatable {
    let ratingInstant: String
    /// Start of each slot, the hour itself first.
    let slots: [Instant]
    /// Lower bounds of the size classes by total input.
    let input: [Int64]
    /// Lower bounds of the size classes by output.
    let output: [Int64]
    /// The token classes by whose use requests are told apart, because some version has no rate for them.
    let unratedClasses: Int16

    /// Whether every cut of the other is one of these: what was summed by these cuts can be rated as if by the other's.
    func include(_ other: HourCuts) -> Bool {
        ratingInstant == other.ratingInstant && Set(slots).isSuperset(of: other.slots)
            && Set(input).isSuperset(of: other.input) && Set(output).isSuperset(of: other.output)
            && unratedClasses & other.unratedClasses == other.unratedClasses
    }
}
