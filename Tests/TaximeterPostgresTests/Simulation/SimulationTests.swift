import Dispatch
import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// What each rule of a simulation comes to, in numbers that can be checked by hand.
@Suite struct SimulationTests {
    private static let dollar = "- from: 2025-01-01T00:00:00Z\n  rates: {cache_miss: 1, output: 1}"

    /// A million output tokens at each of these instants, charged a dollar each.
    private func recorded(_ instants: [String], run: Bool = true) throws -> TestDatabase {
        let database = try TestDatabase()
        _ = try database.store.load(book(Self.dollar))
        _ = try database.store.record(try instants.map { try event($0, at: $0, output: 1_000_000) })
        if run { try database.store.run() }
        return database
    }

    /// Revenue now and then, and how many events have no price then.
    private func amounts(_ report: SimulationReport) -> [String] {
        [
            report.total.current.revenue?.decimalText ?? "none", report.total.simulated.revenue?.decimalText ?? "none",
            "\(report.total.simulated.unpricedEvents)",
        ]
    }

    private func simulate(
        _ database: TestDatabase, _ book: PriceBook, _ from: String, _ until: String
    ) throws -> [String] {
        amounts(try database.store.simulate(book, from: instant(from), until: instant(until)))
    }

    /// Two million tokens in March reach the step above 1.5 M: all of them in `volume` mode, the last half million in
    /// `graduated` mode, which belongs to the second day.
    @Test(arguments: [
        ("volume", "2025-03-10", "2025-03-11", "0.5"), ("volume", "2025-03-11", "2025-03-12", "0.5"),
        ("volume", "2025-03-01", "2025-04-01", "1"), ("graduated", "2025-03-10", "2025-03-11", "1"),
        ("graduated", "2025-03-11", "2025-03-12", "0.75"), ("graduated", "2025-03-01", "2025-04-01", "1.75"),
        ("graduated", "2025-03-01", "2025-05-01", "2.75"),
    ])
    func tiersAreThoseOfTheWholePeriod(_ mode: String, _ from: String, _ until: String, _ revenue: String) throws {
        let database = try recorded(["2025-03-10T10:20:30Z", "2025-03-11T10:20:30Z", "2025-04-01T00:00:00Z"])
        let tiers = """

              tiers:
                - {name: t, counter: class, classes: [output], mode: \(mode), steps: [{up_to: 1500000}, {factor: 0.5}]}
            """
        let result = try simulate(
            database, book(Self.dollar + tiers, name: "tiers"), from + "T00:00:00Z", until + "T00:00:00Z")
        #expect(result[1] == revenue)
    }

    /// February uses 1 M of 1.5 M free tokens, so March has half a million left, whatever the range.
    @Test(arguments: [("lifetime", "0.5"), ("period", "0")])
    func lifetimeAllowancesRememberEarlierPeriods(_ span: String, _ revenue: String) throws {
        let database = try recorded(["2025-02-10T10:20:30Z", "2025-03-11T10:20:30Z"])
        let free = try book(
            Self.dollar, header: "terms: {allowances: [{name: free, tokens: 1500000, per: \(span)}]}", name: "free")
        #expect(try simulate(database, free, "2025-03-11T00:00:00Z", "2025-03-12T00:00:00Z") == ["1", revenue, "0"])
    }

    /// A window that begins inside an hour: the stored sum of the hour does not do.
    private func night() throws -> PriceBook {
        try book(
            Self.dollar + "\n  schedules: [{name: n, time_zone: UTC, from: \"10:30\", until: \"11:00\", factor: 0.5}]",
            name: "night")
    }

    @Test func eventsDecideWhereTheSumsAreTooCoarse() throws {
        let database = try recorded(["2025-03-10T10:29:59.999999Z", "2025-03-10T10:30:00Z", "2025-03-10T12:00:00Z"])
        #expect(try database.psql("SELECT count(*) FROM taximeter.usage_bucket") == "2\n")
        #expect(try simulate(database, night(), "2025-03-10T10:00:00Z", "2025-03-10T11:00:00Z") == ["2", "1.5", "0"])
        #expect(try simulate(database, night(), "2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z") == ["3", "2.5", "0"])
    }

    /// One kind of cut at a time, in an hour that the stored book does not cut at all: revenue, and events without a price.
    @Test(arguments: [
        ("- from: 2025-03-10T10:30:00Z\n  rates: {cache_miss: 1, output: 1}", "0.00043", 2),
        (
            "- from: 2025-01-01T00:00:00Z\n  rates: {cache_miss: 1, output: 1}\n  bands: [{name: b, input: {over: 100}, factor: 2}]",
            "0.000732", 0
        ),
        (
            "- from: 2025-01-01T00:00:00Z\n  rates: {cache_miss: 1, output: 1}\n  bands: [{name: b, output: {over: 201}, factor: 2}]",
            "0.00086", 0
        ),
        ("- from: 2025-01-01T00:00:00Z\n  rates: {cache_miss: 1}", "0.000201", 2),
        ("- from: 2025-01-01T00:00:00Z\n  rates: {cache_miss: 1, output: 1}", "0.000631", 0),
    ])
    func everyKindOfCut(_ versions: String, _ revenue: String, _ unpriced: Int64) throws {
        let database = try TestDatabase()
        _ = try database.store.load(book(Self.dollar))
        _ = try database.store.record([
            event("a", at: "2025-03-10T10:10:00Z", miss: 100, output: 0),
            event("b", at: "2025-03-10T10:20:00Z", miss: 101, output: 0),
            event("c", at: "2025-03-10T10:30:00Z", output: 201), event("d", at: "2025-03-10T10:59:00Z", output: 229),
        ])
        try database.store.run()
        #expect(try database.psql("SELECT count(*), sum(events) FROM taximeter.usage_bucket") == "1|4\n")
        let result = try simulate(
            database, book(versions, name: "cut"), "2025-03-10T10:00:00Z", "2025-03-10T11:00:00Z")
        #expect(result == ["0.000631", revenue, "\(unpriced)"])
    }

    /// What retention has dropped is not guessed at; a book that needs no other cuts is simulated all the same.
    @Test(arguments: [
        "DROP TABLE taximeter.usage_event_2025_03_10",
        "DROP TABLE taximeter.usage_event_2025_03_10; "
            + "INSERT INTO taximeter.dirty_hour (hour) VALUES ('2025-03-10 10:00:00+00')",
        "SET session_replication_role = replica; "
            + "DELETE FROM taximeter.usage_event WHERE request_id = '2025-03-10T10:40:00Z'",
    ])
    func eventsThatAreGoneAreNamed(_ loss: String) throws {
        let database = try recorded(["2025-03-10T10:20:30Z", "2025-03-10T10:40:00Z", "2025-03-12T10:40:00Z"])
        try database.psql(loss)
        let error = #expect(throws: StoreError.self) {
            try simulate(database, night(), "2025-03-12T00:00:00Z", "2025-03-13T00:00:00Z")
        }
        #expect(error?.code == .eventsGone)
        #expect(error?.description.hasPrefix("the events of 1 hours are gone (2025-03-10T10:00:00Z), ") == true)
        if loss.contains("dirty_hour") { return }
        #expect(
            try simulate(database, book(Self.dollar, name: "same"), "2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z")
                == ["3", "3", "0"])
        // Another month's events are not asked for.
        #expect(try simulate(database, night(), "2025-04-01T00:00:00Z", "2025-04-02T00:00:00Z") == ["0", "0", "0"])
    }

    /// Another rating instant needs the events, of hours where nothing was completed too.
    @Test func theBooksRatingInstantDecidesTheHour() throws {
        let database = try TestDatabase()
        _ = try database.store.load(book(Self.dollar))
        _ = try database.store.record([
            event("a", started: "2025-03-10T08:59:00Z", at: "2025-03-10T10:01:00Z", output: 1_000_000)
        ])
        try database.store.run()
        let started = try book(Self.dollar, header: "rating_instant: started_at", name: "started")
        let report = try database.store.simulate(
            started, from: instant("2025-03-10T00:00:00Z"), until: instant("2025-03-11T00:00:00Z"), by: [.hour])
        let hours = try #require(report.rows[.hour])
        #expect(hours.map(\.key) == ["2025-03-10T08:00:00Z", "2025-03-10T10:00:00Z"])
        #expect(hours.map(\.current.events) == [0, 1] && hours.map(\.simulated.events) == [1, 0])
        #expect(hours.map { $0.difference?.decimalText } == ["1", "-1"])
        #expect(report.rows.keys.map(\.rawValue) == ["hour"])
        try database.psql("DROP TABLE taximeter.usage_event_2025_03_10")
        #expect(throws: StoreError.self) {
            try simulate(database, started, "2025-03-10T00:00:00Z", "2025-03-11T00:00:00Z")
        }
    }

    @Test func currenciesAreNotSubtracted() throws {
        let database = try recorded(["2025-03-10T10:20:30Z"])
        let yuan = try PriceBook.parse(
            """
            price_book: yuan
            currency: CNY
            tariffs: [{model: model-a, versions: [{from: "2025-01-01T00:00:00Z", rates: {output: 8}}]}]
            """, file: "yuan.yaml")
        let report = try database.store.simulate(
            yuan, from: instant("2025-03-01T00:00:00Z"), until: instant("2025-04-01T00:00:00Z"))
        #expect(amounts(report) == ["1", "8", "0"])
        #expect(report.total.simulated.revenue?.currency.code == "CNY")
        #expect(report.total.difference == nil)
    }

    @Test func aStoreWithoutPricesHasNoRevenue() throws {
        let database = try TestDatabase()
        _ = try database.store.record([event("a", output: 1_000_000)])
        let report = try database.store.simulate(
            book(Self.dollar), from: instant("2025-03-01T00:00:00Z"), until: instant("2025-04-01T00:00:00Z"))
        #expect(amounts(report) == ["none", "1", "0"])
        #expect(report.total.current.unpriced == ["no_price_book": 1])
        #expect(report.total.difference == nil && report.hasPendingWork)
    }

    @Test(arguments: [
        ("2025-03-10T10:00:00Z", "2025-03-10T10:00:00Z"), ("2025-03-10T11:00:00Z", "2025-03-10T10:00:00Z"),
        ("2025-03-10T10:00:01Z", "2025-03-10T11:00:00Z"), ("2025-03-10T10:00:00Z", "2025-03-10T10:30:00Z"),
    ])
    func rangesAreOfWholeHours(_ from: String, _ until: String) throws {
        let store = Store(ConnectionOptions("host=/nonexistent"))
        let error = #expect(throws: StoreError.self) {
            try store.simulate(book(Self.dollar), from: instant(from), until: instant(until))
        }
        #expect(error?.code == .range)
    }

    /// It waits for nobody, and sees one state of the store whatever jobs and loads do meanwhile.
    @Test func whileOthersWork() throws {
        let instants = (10..<28).map { "2025-03-\($0)T10:20:30Z" }
        let database = try recorded(instants, run: false)
        let results = Mutex<[Result<[String], any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: 3) { index in
            let store = Store(database.options)
            defer { store.close() }
            let result = Result { () throws -> [[String]] in
                if index == 0 {
                    try store.run()
                    _ = try store.load(night())
                    try store.run()
                    return []
                }
                return try (0..<8).map { _ in
                    try simulate(database, night(), "2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z")
                }
            }
            results.withLock { results in
                switch result {
                case .success(let all): results += all.map { .success($0) }
                case .failure(let error): results.append(.failure(error))
                }
            }
        }
        let all = try results.withLock { $0 }.map { try $0.get() }
        #expect(all.count == 16 && Set(all) == [["18", "18", "0"]])

        // Not even a load of prices that is not finished is in its way.
        let loading = try Connection.open(database.options)
        try loading.withTransaction {
            try loading.execute("SELECT FROM taximeter.price_state FOR UPDATE")
            try loading.execute("LOCK TABLE taximeter.usage_bucket IN ROW EXCLUSIVE MODE")
            #expect(
                try simulate(database, night(), "2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z") == ["18", "18", "0"])
        }
    }

    /// Its progress goes forward and ends at the whole.
    @Test func progressGoesForward() throws {
        var seen: [[Int]] = []
        _ = try PublishedDay.shared.get().store.simulate(
            PublishedDay.book(), from: instant("2025-02-27T04:00:00Z"), until: instant("2025-02-28T04:00:00Z")
        ) { seen.append([$0, $1]) }
        #expect(seen == (1...7).map { [$0, 7] })
    }
}
