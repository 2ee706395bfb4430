/// What went wrong between the store and its user; each says what was found, what was expected, and what to do.
public struct StoreError: Error, Equatable, CustomStringConvertible {
    /// What kind of error it is. Open: later versions may add codes.
    public struct Code: Sendable, Hashable {
        private enum Value {
            case unsafeServer, schemaMissing, schemaOld, schemaNew, schemaChanged, privilege, prices, costs, batch
            case range, eventsGone, account, credits, invoice, plans, fx, token
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The server's settings put what is written at risk.
        public static let unsafeServer = Code(.unsafeServer)
        /// The database has no Taximeter schema.
        public static let schemaMissing = Code(.schemaMissing)
        /// The database's schema is older than this library.
        public static let schemaOld = Code(.schemaOld)
        /// The database's schema is newer than this library.
        public static let schemaNew = Code(.schemaNew)
        /// A migration was applied with another text than this library's.
        public static let schemaChanged = Code(.schemaChanged)
        /// The database user may not do this.
        public static let privilege = Code(.privilege)
        /// A price book contradicts what was loaded before.
        public static let prices = Code(.prices)
        /// A plan or what an account has agreed to contradicts what was loaded or billed before.
        public static let plans = Code(.plans)
        /// Costs contradict each other.
        public static let costs = Code(.costs)
        /// A range of time is empty, or not of whole hours.
        public static let range = Code(.range)
        /// Events that are needed were stored once and are not there any more.
        public static let eventsGone = Code(.eventsGone)
        /// An account is not known.
        public static let account = Code(.account)
        /// Grants, refunds, reservations or limits contradict what is stored.
        public static let credits = Code(.credits)
        /// An invoice is not known, or a payment contradicts what was booked.
        public static let invoice = Code(.invoice)
        /// An exchange rate contradicts what is stored.
        public static let fx = Code(.fx)
        /// A token is not known, or cannot be.
        public static let token = Code(.token)
        /// A batch cannot have been made by a meter.
        public static let batch = Code(.batch)
    }

    /// What kind of error it is.
    public let code: Code
    /// What was found, what was expected, what to do: one line.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
