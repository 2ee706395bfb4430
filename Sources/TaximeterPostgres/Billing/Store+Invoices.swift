import PostgresWire
public import Taximeter

/// An invoice in a list.
public struct InvoiceEntry: Sendable, Hashable {
    /// Its number; nil for a draft.
    public let number: String?
    /// The account.
    public let account: Identifier
    /// The period that it closes.
    public let period: BillingPeriod
    /// `invoice` or `credit_note`.
    public let kind: Invoice.Kind
    /// `draft`, `final` or `void`.
    public let state: String
    /// The sum of its lines.
    public let total: Money
    /// What is left to pay after credits.
    public let due: Money
}

/// A final invoice as it is stored.
public struct StoredInvoice: Sendable, Hashable {
    /// What it says.
    public let invoice: Invoice
    /// The same, byte for byte as its hash covers it.
    public let document: String
    /// Why it was voided; nil when it was not.
    public let voided: String?

    /// Reads a document.
    ///
    /// - Throws: `FileErrors` when it was damaged.
    public init(document: String, voided: String? = nil) throws(FileErrors) {
        invoice = try Invoice(document: document)
        self.document = document
        self.voided = voided
    }
}

extension Store {
    /// Lists invoices, by account and period; as the reader, in constant memory.
    ///
    /// - Parameters:
    ///   - account: Whose; nil for all.
    ///   - month: Only of periods that end in a month on their accounts' clocks, as bills are made; nil for all.
    public func invoices(
        of account: Identifier? = nil, month: BillingMonth? = nil, _ each: (InvoiceEntry) throws -> Void
    ) throws {
        try reading { try $0.forEach(ListInvoices(account: account, month: month), each) }
    }

    /// An invoice by its number, with what became of it.
    ///
    /// - Throws: ``StoreError`` when there is none of that number; `FileErrors` when its document was damaged.
    public func invoice(_ number: String) throws -> StoredInvoice {
        try reading { connection in
            guard let stored = try connection.query(ReadInvoice(number: number)).first else {
                throw StoreError(.invoice, "there is no invoice \(number)")
            }
            return try StoredInvoice(document: stored.document, voided: stored.voided)
        }
    }

    /// Reads final and voided invoices, by account and period; as the reader, in constant memory.
    ///
    /// - Parameters:
    ///   - account: Whose; nil for all.
    ///   - month: Only of periods that end in a month on their accounts' clocks, as bills are made; nil for all.
    ///   - each: Is given the number and the invoice.
    public func finalInvoices(
        of account: Identifier? = nil, month: BillingMonth? = nil,
        _ each: (_ number: String, StoredInvoice) throws -> Void
    ) throws {
        try reading { connection in
            try connection.forEach(ReadDocuments(account: account, month: month, drafts: false)) { row in
                try each(row.number ?? "", StoredInvoice(document: row.document, voided: row.voided))
            }
        }
    }

    /// Reads drafts as the last run made them, by account and period; as the reader, in constant memory.
    ///
    /// - Parameters:
    ///   - account: Whose; nil for all.
    ///   - month: Only of periods that end in a month on their accounts' clocks, as bills are made; nil for all.
    public func drafts(
        of account: Identifier? = nil, month: BillingMonth? = nil, _ each: (StoredInvoice) throws -> Void
    ) throws {
        try reading { connection in
            try connection.forEach(ReadDocuments(account: account, month: month, drafts: true)) { row in
                try each(StoredInvoice(document: row.document))
            }
        }
    }

    /// Runs a body as the reader, at one instant.
    func reading<R>(_ body: (Connection) throws -> R) throws -> R {
        var settings = TransactionSettings.job
        settings.isolation = .repeatableRead
        settings.isReadOnly = true
        return try pool.withConnection { connection in
            try connection.withTransaction(settings) {
                try connection.execute("SET LOCAL ROLE \(unsafe: Role.reader.rawValue)")
                return try body(connection)
            }
        }
    }
}

/// Invoices in the order of account and period.
struct ListInvoices: Statement {
    let sql: SQL

    init(account: Identifier?, month: BillingMonth?) {
        sql = """
            SELECT number, account, period_start, period_end, kind, state, total, due, currency
            FROM taximeter.invoices WHERE \(Self.condition(account, month))
            ORDER BY account, period_start, issue NULLS LAST
            """
    }

    /// What tells those of an account, or of periods that end in a month on its clock.
    static func condition(_ account: Identifier?, _ month: BillingMonth?) -> SQL {
        let ofAccount: SQL = account.map { "account = \($0.text)" } ?? "true"
        let ofMonth: SQL? = month.map { month in
            """
            period_end > (\(month.firstDay.description)::date::timestamp AT TIME ZONE time_zone)
                AND period_end <= (\(month.firstDayAfter.description)::date::timestamp AT TIME ZONE time_zone)
            """
        }
        return "\(ofAccount) AND \(ofMonth ?? "true")"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> InvoiceEntry {
        let kind = try row.get(4, as: String.self)
        guard let kind = Invoice.Kind(rawValue: kind) else { throw .badValue("a kind of invoice", kind) }
        let currency = try row.currency(8)
        return InvoiceEntry(
            number: try row.get(0), account: try row.identifier(1), period: try row.period(2), kind: kind,
            state: try row.get(5), total: Money(units: try row.units(6), currency),
            due: Money(units: try row.units(7), currency))
    }
}

/// An invoice's document.
struct ReadInvoice: Statement {
    struct Row {
        let document: String
        /// Why it was voided.
        let voided: String?
    }

    let number: String

    var sql: SQL { "SELECT document, void_reason FROM taximeter.invoices WHERE number = \(number)" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(document: try row.get(0), voided: try row.get(1))
    }
}

/// Documents of final and voided invoices, or of drafts, in the order of account and period.
struct ReadDocuments: Statement {
    struct Row {
        let number: String?
        let document: String
        /// Why it was voided.
        let voided: String?
    }

    let sql: SQL

    init(account: Identifier?, month: BillingMonth?, drafts: Bool) {
        let isWanted: SQL = drafts ? "number IS NULL" : "number IS NOT NULL"
        sql = """
            SELECT number, document, void_reason FROM taximeter.invoices
            WHERE \(isWanted) AND \(ListInvoices.condition(account, month)) ORDER BY account, period_start, issue
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(number: try row.get(0), document: try row.get(1), voided: try row.get(2))
    }
}
