import PostgresWire
public import Taximeter

/// What loading a price book did.
public struct PriceBookLoad: Sendable, Hashable {
    /// Tariff versions that are new in the store; 0 when all of the book was there.
    public let newVersions: Int
    /// Stored versions that had priced nothing yet and were replaced.
    public let replacedVersions: Int
    /// Whether the book is the one of accounts without a subscription.
    public let isDefault: Bool
    /// Billing periods whose charges the next run rates again, because their prices may have changed.
    public let periodsToRate: Int
    /// Those of them that were billed: what has changed in them is adjusted on the accounts' next invoices.
    public let billedPeriods: Int
}

extension Store {
    /// Adds a price book, or what is new in it, to the store.
    ///
    /// Loading the same book again does nothing. Nothing of a stored version that priced a charge ever changes: one that
    /// differs from the stored one of the same start takes its place as long as no charge came of what differs, and is
    /// refused then. So a version in use can be ended, or its source put right; its prices are for ever. Usage that was already
    /// rated, and that a new version covers, is rated again by the next run.
    ///
    /// - Parameters:
    ///   - book: The book.
    ///   - asDefault: Whether it prices what accounts use without a subscription, also what they have used. The first book
    ///     that is loaded does, without being asked.
    /// - Throws: ``StoreError`` naming what contradicts the store.
    public func load(_ book: PriceBook, asDefault: Bool = false) throws -> PriceBookLoad {
        try transaction(as: .biller) { connection in
            try PriceBookLoader(book: book, connection: connection).load(asDefault: asDefault)
        }
    }
}

/// Loads one book, inside a transaction.
struct PriceBookLoader {
    let book: PriceBook
    let connection: Connection

    func load(asDefault: Bool) throws -> PriceBookLoad {
        // The lock first: jobs hold the row while they use prices, and what they did is then visible here.
        let state = try PriceSnapshot.lock(connection)
        let known = try StoredPriceBook.readAll(connection)
        let stored = known.first { $0.book.name == book.name }
        let key = try stored?.key ?? insertHeader()
        let versions = try storeVersions(key, stored)
        let newAliases = try insertAliases(key, stored)
        let makesDefault = (asDefault || state.defaultBookKey == nil) && state.defaultBookKey != key

        // Put together from the rows, so that what was loaded now and earlier is one valid book.
        let all = PlanBooks(try StoredPriceBook.readAll(connection).map(\.book))
        for plan in try ReadPlanVersions.plans(connection).values { try all.ensure(plan) }

        var changedFrom = versions.new + versions.replaced + newAliases
        if makesDefault { changedFrom.append(.earliest) }
        var (periods, billed) = (0, 0)
        if let from = changedFrom.min() {
            periods = try connection.execute(MarkPeriods.sql(from: from))
            billed = try connection.query(CountBilledPeriods(from: from)).first ?? 0
            try connection.execute(
                """
                UPDATE taximeter.price_state SET generation = \(state.generation + 1),
                default_price_book_key = \(makesDefault ? key : state.defaultBookKey)
                """)
        }
        return PriceBookLoad(
            newVersions: versions.new.count, replacedVersions: versions.replaced.count,
            isDefault: makesDefault || state.defaultBookKey == key,
            periodsToRate: periods, billedPeriods: billed)
    }

    private func insertHeader() throws -> Int32 {
        let rows = try connection.query(InsertPriceBook(header: book.header))
        guard let key = rows.first else { throw StoreError(.prices, "price book \(book.name) could not be stored") }
        return key
    }

    /// Starts of the versions that are new, and of those that took the place of an unused one.
    private func storeVersions(
        _ key: Int32, _ stored: StoredPriceBook?
    ) throws -> (new: [Instant], replaced: [Instant]) {
        if let stored, stored.book.header != book.header {
            throw StoreError(
                .prices,
                "price book \(book.name) is stored with other settings (currency, rating instant, reference or terms): "
                    + "give the new one another name")
        }
        let known = stored.map(Self.versions) ?? [:]
        var (new, replaced): ([Instant], [Instant]) = ([], [])
        for tariff in book.tariffs {
            for version in tariff.versions {
                let id = StoredPriceBook.VersionID(model: tariff.model, from: version.effective.from)
                if let known = known[id] {
                    if known.canonicalJSON == version.canonicalJSON { continue }
                    let changes = version.firstChange(from: known)
                    try replace(known, by: version, of: tariff, from: changes, key: stored?.versionKeys[id])
                    replaced.append(changes)
                    continue
                }
                try connection.execute(
                    """
                    INSERT INTO taximeter.tariff_version (price_book_key, model, effective_from, definition)
                    VALUES (\(key), \(tariff.model.text), \(id.from), \(version.canonicalJSON))
                    """)
                new.append(id.from)
            }
        }
        return (new, replaced)
    }

    private func replace(
        _ known: TariffVersion, by version: TariffVersion, of tariff: Tariff, from changes: Instant, key: Int32?
    ) throws {
        // A slot that begins before the change may reach beyond it, but not out of its hour.
        let statement = key.map {
            ReplaceUnusedVersion(key: $0, definition: version.canonicalJSON, unusedFrom: changes.startOfHour)
        }
        if try statement.flatMap({ try connection.query($0).first }) == true { return }
        let instead =
            changes == version.effective.from
            ? "write a new version with a later start" : "end it after the last usage that it priced"
        throw StoreError(
            .prices,
            "price book \(book.name), model \(tariff.model): the version from \(version.effective.from) is stored with "
                + "other content and has priced usage from \(changes) on, so that cannot change any more; \(instead)")
    }

    private static func versions(of stored: StoredPriceBook) -> [StoredPriceBook.VersionID: TariffVersion] {
        var versions: [StoredPriceBook.VersionID: TariffVersion] = [:]
        for tariff in stored.book.tariffs {
            for version in tariff.versions {
                versions[.init(model: tariff.model, from: version.effective.from)] = version
            }
        }
        return versions
    }

    /// Starts of the aliases that are new.
    private func insertAliases(_ key: Int32, _ stored: StoredPriceBook?) throws -> [Instant] {
        var starts: [Instant] = []
        for tariff in book.tariffs {
            let known = stored?.book.tariffs.first { $0.model == tariff.model }?.aliases ?? []
            for alias in tariff.aliases where !known.contains(alias) {
                if known.contains(where: { $0.name == alias.name && $0.effective.from == alias.effective.from }) {
                    throw StoreError(
                        .prices,
                        "price book \(book.name): alias \(alias.name) of \(tariff.model) is stored with another end")
                }
                try connection.execute(
                    """
                    INSERT INTO taximeter.model_alias (price_book_key, alias, model, effective_from, effective_until)
                    VALUES (\(key), \(alias.name.text), \(tariff.model.text), \(alias.effective.from), \
                    \(alias.effective.until.map(Timestamp.init)))
                    """)
                starts.append(alias.effective.from)
            }
        }
        return starts
    }
}

extension TariffVersion {
    /// The first instant at which this version means anything else than a stored one of the same start.
    fileprivate func firstChange(from known: TariffVersion) -> Instant {
        if known.rules != rules || known.freeChannels != freeChannels { return effective.from }
        // The end alone, or only what is said about the prices.
        let ends = [known.effective.until, effective.until]
        return ends[0] == ends[1] ? .latest : ends.compactMap(\.self).min() ?? .latest
    }
}
