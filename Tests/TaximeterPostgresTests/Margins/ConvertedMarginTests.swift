import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Margins in one currency: SQL converts as the library does, and every figure has its rate.
@Suite struct ConvertedMarginTests {
    private static let rates = """
        base,quote,day,rate,source
        USD,CNY,2025-03-07,7.2385,PBOC
        USD,CNY,2025-03-11,7.2405,PBOC
        EUR,USD,2025-03-10,1.0837,ECB
        CNY,USD,2025-03-11,0.13811,other

        """

    /// Revenue in yuan and cost in dollars, over two days with a rate each; 2025-03-10 takes Friday's.
    private static let database = Result {
        let database = try TestDatabase()
        _ = try database.store.load(FXFile.parse(rates, file: "rates.csv"))
        try database.loadYuanPricesAndDollarCosts()
        let events = try ["2025-03-10T10:30:00Z", "2025-03-11T10:30:00Z"].map { instant in
            try event("1-\(instant)", at: instant, output: 3_000_000)
        }
        _ = try database.store.record(events)
        try database.store.run()
        return database
    }

    private static let span = (
        from: Instant(rfc3339: "2025-03-10T00:00:00Z") ?? .earliest,
        until: Instant(rfc3339: "2025-03-12T00:00:00Z") ?? .earliest
    )

    @Test func dollars() throws {
        let store = try Self.database.get().store
        let days = try store.margins(from: Self.span.from, until: Self.span.until, by: .day, in: .usd)
        // By hand: 48 ÷ 7.2385, the pair being quoted the other way round; 48 × 0.13811. Cost: 2 hours × 8 × 2.
        #expect(
            days.rows.map {
                "\($0.group) \($0["currency"] ?? "") \($0["revenue"] ?? "") \($0["cost"]?.prefix { $0 != "." } ?? "-")"
            } == [
                "2025-03-10 USD 6.631208123229950957 32", "2025-03-11 USD 6.62928 -",
            ])
        #expect(
            days.ratesOfRows == [
                ["1 USD = 7.2385 CNY on 2025-03-07 (PBOC)"], ["1 CNY = 0.13811 USD on 2025-03-11 (other)"],
            ])
        #expect(days.rates == days.ratesOfRows.flatMap(\.self).sorted())
        #expect(days.totals.map { $0["revenue"] } == ["13.260488123229950957"])
        let models = try store.margins(from: Self.span.from, until: Self.span.until, by: .model, in: .usd)
        #expect(models.rows.map { $0["revenue"] }.contains("13.260488123229950957"))
    }

    @Test func aMissingRateIsNamed() throws {
        let database = try Self.database.get()
        let (eur, day) = (try #require(Currency(code: "EUR")), try #require(CivilDate(iso8601: "2025-03-10")))
        #expect(throws: FXError.noRate(from: try #require(Currency(code: "CNY")), to: eur, day)) {
            try database.store.margins(from: Self.span.from, until: Self.span.until, by: .day, in: eur)
        }
        let error = #expect(throws: (any Error).self) {
            try database.psql(
                "SELECT * FROM taximeter.margins_in('EUR', '2025-03-10T00:00:00Z', '2025-03-12T00:00:00Z')")
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("no rate from CNY to EUR of 2025-03-10"), "\(error as Any)")
    }

    /// Both find the same rate on any day, or none, and come to the same amount.
    @Test func sqlConvertsAsTheLibraryDoes() async throws {
        let database = try Self.database.get()
        let table = FXTable(try database.store.fxRates())
        try await withSeed { generator in
            let pairs = [("USD", "CNY"), ("CNY", "USD"), ("EUR", "USD"), ("USD", "EUR")]
            var expected: [String] = []
            var queries: [String] = []
            var missing: Set<String> = []
            for _ in 0..<300 {
                let (from, to) = pairs[Int.random(in: 0..<4, using: &generator)]
                let day = CivilDate(daysSinceEpoch: 20_150 + Int64.random(in: 0...20, using: &generator))
                let scale: Int128 = Bool.random(using: &generator) ? 1 : 1_000_000_007
                let units = Int128(Int64.random(in: .min ... .max, using: &generator)) * scale
                let amount = Money(units: units, try #require(Currency(code: from)))
                guard let rate = table.rate(from: amount.currency, to: try #require(Currency(code: to)), on: day) else {
                    missing.insert("'\(from)', '\(to)', '\(day)'")
                    continue
                }
                expected.append("\(try rate.convert(amount).amount.decimalText) at \(rate)")
                queries.append("(\(queries.count), '\(from)', '\(to)', date '\(day)', \(amount.decimalText)::numeric)")
            }
            let found = try database.psql(
                """
                SELECT taximeter.fx_converted(q.amount, f.rate, f.is_inverse) || ' at ' || f.converted_at
                FROM (VALUES \(queries.joined(separator: ", "))) AS q (n, source, target, day, amount)
                CROSS JOIN LATERAL taximeter.fx_rate_on(q.source, q.target, q.day) AS f ORDER BY q.n
                """)
            #expect(found.split(separator: "\n").map(String.init) == expected)
            #expect(!missing.isEmpty)
            for query in missing.prefix(5) {
                #expect(throws: (any Error).self, "\(query)") {
                    try database.psql("SELECT * FROM taximeter.fx_rate_on(\(query))")
                }
            }
        }
    }
}
