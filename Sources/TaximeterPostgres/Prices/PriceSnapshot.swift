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
    /// The plans.
    let plans: [Identifier: Plan]
    /// Rates by every book, under the terms of plans.
    let raters: PlanRaters
    /// The zones on whose clocks billing periods are read.
    let zones: [TimeZoneRules]
    /// How plans and the zones in use cut hours.
    private let planCuts: PlanCuts
    /// The plans whose billing periods are not calendar months.
    let plansWithOwnPeriods: [String]
    /// Whether some account's billing periods may be others than calendar months in UTC.
    let hasOwnPeriods: Bool
    /// The size classes of all books together.
    let sizes: SizeCuts
    /// Which instant of an event decides its slot.
    let ratingInstant: RatingInstant

    /// - Parameter ratingInstant: Where it is not the default book's to say.
    init(
        generation: Int64, books: [StoredPriceBook], defaultBookKey: Int32?, ratingInstant: RatingInstant? = nil,
        plans: [Identifier: Plan] = [:], zones: [TimeZoneRules] = [], raters: PlanRaters? = nil
    ) {
        self.generation = generation
        self.books = books
        let defaultBook = books.first { $0.key == defaultBookKey }
        self.defaultBook = defaultBook
        self.ratingInstant = ratingInstant ?? defaultBook?.book.ratingInstant ?? .completedAt
        self.plans = plans
        self.zones = zones
        self.raters = raters ?? PlanRaters(books.map(\.book), default: defaultBook?.book)
        planCuts = PlanCuts(zones: zones, plans.values)
        plansWithOwnPeriods = plans.values.filter { plan in
            plan.versions.contains { $0.cycle != .calendarMonth }
        }.map(\.name.text).sorted()
        hasOwnPeriods = !plansWithOwnPeriods.isEmpty || zones.contains { $0 != .utc }
        sizes = books.reduce(SizeCuts()) { $0.union($1.book.sizeCuts) }
    }

    /// Reads the present state.
    static func read(_ store: Store) throws -> PriceSnapshot {
        try store.transaction(as: .biller) { try read($0, lock: .forShare) }
    }

    /// Keeps jobs from using prices until the transaction's end; what they did is then visible.
    static func lock(_ connection: Connection) throws -> ReadPriceState.Row {
        guard let state = try connection.query(ReadPriceState(lock: .forUpdate)).first else {
            throw StoreError(.schemaChanged, "taximeter.price_state has no row: restore the database from a backup")
        }
        return state
    }

    /// Reads the state that a transaction sees.
    static func read(_ connection: Connection, lock: ReadPriceState.Lock?) throws -> PriceSnapshot {
        guard let state = try connection.query(ReadPriceState(lock: lock)).first else {
            throw StoreError(.schemaChanged, "taximeter.price_state has no row: restore the database from a backup")
        }
        let zones = try connection.query(ReadTimeZones()).map { name in
            guard let zone = TimeZoneRules(identifier: name) else { throw PostgresError.badValue("time_zone", name) }
            return zone
        }
        return PriceSnapshot(
            generation: state.generation, books: try StoredPriceBook.readAll(connection),
            defaultBookKey: state.defaultBookKey, plans: try ReadPlanVersions.plans(connection), zones: zones)
    }

    /// Keeps prices as they are until the transaction's end.
    ///
    /// - Throws: ``PricesChanged`` when they are no longer those of the snapshot.
    func hold(_ connection: Connection) throws {
        let state = try connection.query(ReadPriceState(lock: .forShare)).first
        if state?.generation != generation { throw PricesChanged() }
    }

    /// The names of allowances whose use in a period reaches later ones.
    var lifetimeAllowances: Set<Identifier> {
        let terms = books.map(\.book.terms) + plans.values.flatMap(\.versions).compactMap(\.terms)
        return Set(terms.flatMap(\.allowances).filter { $0.span == .lifetime }.map(\.name))
    }

    /// How the books and plans cut an hour.
    func cuts(ofHour hour: Instant) -> HourCuts {
        let end = hour.advanced(byMicroseconds: Instant.hour) ?? .latest
        let inner = Set(books.flatMap { $0.book.cuts(in: hour..<end) } + planCuts.cuts(in: hour..<end)).sorted()
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
