import PostgresWire
public import Taximeter

/// What loading a plan did.
public struct PlanLoad: Sendable, Hashable {
    /// Versions that are new in the store; 0 when all of the plan was there.
    public let newVersions: Int
    /// Stored versions that have billed nothing from the change on and were put right, or ended.
    public let replacedVersions: Int
    /// Billing periods whose charges the next run rates again.
    public let periodsToRate: Int
    /// Its price books that the store does not have; until it has them, usage under them has no price.
    public let missingBooks: [Identifier]
}

extension Store {
    /// Adds a plan, or what is new in it, to the store; versions that the plan does not have stay.
    ///
    /// Loading the same plan again does nothing. What billed a period never changes: a version may only be ended, or put
    /// right from an instant on from which it billed nothing. Usage that was rated, and for which another version
    /// holds now, is rated again by the next run.
    ///
    /// - Throws: ``StoreError`` with code ``StoreError/Code/plans`` naming what contradicts the store, a period that
    ///   was billed among it.
    public func load(_ plan: Plan) throws -> PlanLoad {
        try transaction(as: .biller, .job) { try PlanLoader(plan: plan, connection: $0).load() }
    }

    /// The plans as they are stored, in the order of their names.
    public func plans() throws -> [Plan] {
        try transaction(as: .biller) { try ReadPlanVersions.plans($0) }.values.sorted { $0.name < $1.name }
    }
}

/// Loads one plan, inside a transaction.
struct PlanLoader {
    let plan: Plan
    let connection: Connection

    func load() throws -> PlanLoad {
        let state = try PriceSnapshot.lock(connection)
        let plans = try ReadPlanVersions.plans(connection)
        let stored = plans[plan.name]
        guard let currency = plan.versions.first?.currency else { throw refusal("it has no version") }
        if let known = stored?.versions.first?.currency, known != currency {
            throw refusal("it is stored in \(known): another currency is another plan")
        }
        let merged = try merged(with: stored, currency)
        let changes = Self.changes(from: stored, to: merged)
        let books = try StoredPriceBook.readAll(connection).map(\.book)
        let missing = Set(plan.versions.map(\.priceBook)).subtracting(books.map(\.name)).sorted()
        if changes.isEmpty {
            return PlanLoad(newVersions: 0, replacedVersions: 0, periodsToRate: 0, missingBooks: missing)
        }
        if let billed = try connection.query(ReadBilledPeriod(plan: plan.name, ranges: changes)).first {
            throw refusal(
                "account \(billed.account) was billed by it for the period \(billed.period), so what it says of then "
                    + "cannot change any more; write a new version with a later start")
        }
        try PlanBooks(books).ensure(merged)

        let known = Dictionary((stored?.versions ?? []).map { ($0.effective.from, $0) }) { first, _ in first }
        let fresh = merged.versions.filter { known[$0.effective.from] == nil }
        let others = merged.versions.filter { version in
            guard let before = known[version.effective.from] else { return false }
            // Where a new version begins, the one before ends without being told.
            let isFollowed = fresh.contains { $0.effective.from == version.effective.until }
            return !before.saysTheSame(as: version) || !isFollowed && before.effective != version.effective
        }
        let texts = merged.storedVersions.filter { version in
            plan.versions.contains { $0.effective.from == version.from }
        }
        let periods = try changePeriods(plans, merged)
        try connection.execute(StorePlanVersions.sql(plan.name, currency, texts))
        try connection.execute("UPDATE taximeter.price_state SET generation = \(state.generation + 1)")
        try connection.execute(KeepBalances.sql(subscribersOf: plan.name))
        return PlanLoad(
            newVersions: fresh.count, replacedVersions: others.count, periodsToRate: periods, missingBooks: missing)
    }

    private func refusal(_ reason: String) -> StoreError { StoreError(.plans, "plan \(plan.name): \(reason)") }

    /// The stored versions, with the plan's in their place and beside them.
    private func merged(with stored: Plan?, _ currency: Currency) throws -> Plan {
        var versions = Dictionary((stored?.storedVersions ?? []).map { ($0.from, $0) }) { first, _ in first }
        for version in plan.storedVersions { versions[version.from] = version }
        do throws(FileErrors) {
            return try Plan(name: plan.name, currency: currency, stored: versions.values)
        } catch {
            throw refusal("together with its stored versions: \(error)")
        }
    }

    /// The ranges in which another version holds, or one that says something else.
    private static func changes(from stored: Plan?, to merged: Plan) -> [Range<Instant>] {
        let edges = Set(
            ((stored?.versions ?? []) + merged.versions).map(\.effective).flatMap { [$0.from, $0.until ?? .latest] }
        ).sorted()
        func version(_ plan: Plan?, at instant: Instant) -> PlanVersion? {
            plan?.versions.first { $0.effective.contains(instant) }
        }
        return zip(edges, edges.dropFirst()).compactMap { start, end in
            switch (version(stored, at: start), version(merged, at: start)) {
            case (nil, nil): nil
            case (let old?, let new?) where old.saysTheSame(as: new): nil
            default: start..<end
            }
        }
    }

    /// Gives the plan's subscribers the periods that follow from it.
    private func changePeriods(_ plans: [Identifier: Plan], _ merged: Plan) throws -> Int {
        let keys = try connection.query(ReadSubscribers(plan: plan.name))
        var new = plans
        new[plan.name] = merged
        let changes = try ReadAgreements.agreements(keys, connection).map { key, agreement in
            PeriodRows.Change(
                accountKey: key, account: agreement.account, old: BillingCalendar(agreement, plans),
                new: BillingCalendar(agreement, new))
        }
        return try PeriodRows(connection: connection).apply(changes)
    }
}

extension PlanBooks {
    /// ``check(_:)`` with the store's error.
    func ensure(_ plan: Plan) throws(StoreError) {
        do throws(Fault) {
            try check(plan)
        } catch {
            throw StoreError(.plans, error.description)
        }
    }
}
