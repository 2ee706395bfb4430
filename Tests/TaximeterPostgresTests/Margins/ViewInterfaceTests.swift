import Foundation
import TestKit
import Testing

/// The views and functions of the reader are an interface: documented, commented, the same in every session.
@Suite struct ViewInterfaceTests {
    private static let page = Result {
        try String(contentsOf: Fixtures.packageRoot.appending(path: "docs/margin-views.md"), encoding: .utf8)
    }

    private static func views() throws -> [String] {
        try TestDatabase().psql(
            """
            SELECT relname FROM pg_class
            WHERE relnamespace = 'taximeter'::regnamespace AND relkind = 'v'
                AND has_table_privilege('taximeter_reader', oid, 'SELECT')
            ORDER BY 1
            """
        ).split(separator: "\n").map(String.init)
    }

    @Test func everyViewOfTheReaderIsOnThePage() throws {
        let page = try Self.page.get()
        let views = try Self.views()
        #expect(views.count > 50)
        for view in views { #expect(page.contains("`\(view)`"), "\(view) is not in docs/margin-views.md") }
    }

    @Test func everyFunctionOfTheReaderIsOnThePage() throws {
        let page = try Self.page.get()
        let functions = try TestDatabase().psql(
            """
            SELECT proname || '(' || coalesce(array_to_string(proargnames[1:pronargs], ', '), '') || ')' FROM pg_proc
            WHERE pronamespace = 'taximeter'::regnamespace AND has_function_privilege('taximeter_reader', oid, 'EXECUTE')
            ORDER BY 1
            """
        ).split(separator: "\n")
        #expect(functions.count >= 10)
        for function in functions { #expect(page.contains(function), "\(function) is not in docs/margin-views.md") }
    }

    /// What the page names is there: a view that goes takes its name along.
    @Test func thePageNamesNothingElse() throws {
        let database = try PublishedDay.shared.get()
        let names = try Self.page.get().matches(
            of: /`((?:margin|waterfall|capacity|cost_per|breakeven|cache_sav)\w+)[`(]/)
        #expect(names.count > 30)
        for name in Set(names.map { String($0.1) }) {
            let known = try database.psql(
                "SELECT to_regclass('taximeter.\(name)') IS NOT NULL OR to_regproc('taximeter.\(name)') IS NOT NULL")
            #expect(known == "t\n", "\(name) is on the page and not in the schema")
        }
    }

    @Test func thePageHasTheVersion() throws {
        let version = try TestDatabase().psql("SELECT taximeter.interface_version()").dropLast()
        #expect(try Self.page.get().contains("`taximeter.interface_version()` is \(version)."))
    }

    /// As the reader, on the published day, in a session of another time zone: no row depends on it.
    @Test(arguments: try views())
    func isTheSameInEveryTimeZone(_ view: String) throws {
        let database = try PublishedDay.shared.get()
        func rows(_ timeZone: String) throws -> String {
            try database.psql(
                """
                SET TimeZone = '\(timeZone)'; SET ROLE taximeter_reader;
                SELECT md5(coalesce(string_agg(r.fields, ',' ORDER BY r.fields), '')) FROM (
                    SELECT string_agg(f.key || CASE WHEN f.value ~ '^[0-9-]{10}T[0-9:.]+[+-][0-9:]+$'
                        THEN extract(epoch FROM f.value::timestamptz)::text ELSE coalesce(f.value, '') END, ';'
                        ORDER BY f.key) AS fields
                    FROM (SELECT row_number() OVER () AS n, to_jsonb(v) AS row FROM taximeter.\(view) AS v) AS j,
                        jsonb_each_text(j.row) AS f
                    GROUP BY j.n
                ) AS r
                """)
        }
        #expect(try rows("America/New_York") == rows("Asia/Shanghai"))
    }
}
