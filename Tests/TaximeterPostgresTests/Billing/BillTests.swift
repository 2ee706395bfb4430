import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@Suite struct BillTests {
    /// Drafts are made anew by every run, and go when they become final; a second run bills nothing.
    @Test func draftsThenFinalThenNothing() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 333)])
        try database.rate("b", "2026-01", [("m", 100), ("n", 5)], at: "0.011")
        #expect(try database.bill("2026-01", finalize: false).sums["USD"]?.invoices == 2)
        let drafts = "|a|invoice|draft|0.33|USD\n|b|invoice|draft|1.16|USD\n"
        #expect(try database.invoices() == drafts)
        try database.bill("2026-01", finalize: false)
        #expect(try database.invoices() == drafts)
        let dry = try database.bill("2026-01") { $0.isDryRun = true }
        #expect(dry.sums["USD"]?.total.decimalText == "1.49")
        #expect(try database.invoices() == drafts)

        let summary = try database.bill("2026-01")
        #expect(summary.sums["USD"]?.total.decimalText == "1.49")
        let final = "INV-000001|a|invoice|final|0.33|USD\nINV-000002|b|invoice|final|1.16|USD\n"
        #expect(try database.invoices() == final)
        #expect(try database.bill("2026-01").sums.isEmpty)
        #expect(try database.invoices() == final)
        #expect(try database.differences() == [])
    }

    /// FACTS.md section 4: 333 tokens of 0.001 are 0.33, and 666 in all are another 0.34, on the next invoice: also when
    /// the account has used nothing since.
    @Test func lateUsageIsOnTheNextInvoice() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 333)])
        try database.bill("2026-01")
        try database.rate("a", "2026-01", [("m", 666)])
        // It is not the month's own invoice that says so.
        #expect(try database.bill("2026-01").sums.isEmpty)
        #expect(try database.differences() == [])
        #expect(try database.bill("2026-02").sums["USD"]?.total.decimalText == "0.34")
        #expect(
            try database.psql(
                "SELECT number, adjusts, quantity, trim_scale(amount) FROM taximeter.invoice_lines ORDER BY 1")
                == "INV-000001||333|0.33\nINV-000002|INV-000001|333|0.34\n")
        // Everything of it was undone.
        try database.rate("a", "2026-01", [])
        #expect(try database.bill("2026-03").sums["USD"]?.creditNotes == 1)
        #expect(try database.psql("SELECT trim_scale(sum(amount)) FROM taximeter.invoice_lines") == "0\n")
        #expect(try database.differences() == [])
    }

    /// Usage of a month whose run is over, of an account that had none then.
    @Test func whatWasNeverBilledIsOnTheNextInvoice() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 1_000)])
        try database.rate("a", "2026-02", [("m", 2_000)])
        try database.bill("2026-02")
        #expect(
            try database.psql(
                "SELECT number, period_start < '2026-02-01', trim_scale(amount) FROM taximeter.invoice_lines ORDER BY line"
            )
                == "INV-000001|f|2\nINV-000001|t|1\n")
        #expect(try database.bill("2026-01").sums.isEmpty)
        #expect(try database.differences() == [])
    }

    @Test func voidedIsBilledAgain() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 333)])
        try database.bill("2026-01")
        try database.rate("a", "2026-01", [("m", 666)])
        try database.rate("a", "2026-02", [("m", 1_000)])
        try database.bill("2026-02")
        let later = try instant("2027-01-02T00:00:00Z")
        #expect(try database.store.voidInvoice("INV-000002", reason: "wrong address", at: later) == .voided)
        #expect(try database.store.voidInvoice("INV-000002", reason: "again", at: later) == .alreadyVoid)
        #expect(try database.differences() == [])
        #expect(
            try database.psql("SELECT balance FROM taximeter.ledger_balance WHERE ledger_account = 'receivable'")
                == "0.330000000000000000\n")
        // What it adjusted is not January's own to bill again.
        #expect(try database.bill("2026-01").sums.isEmpty)
        #expect(try database.bill("2026-02").sums["USD"]?.total.decimalText == "1.34")
        #expect(
            try database.psql("SELECT number, issue FROM taximeter.invoices WHERE state = 'final' ORDER BY 1")
                == "INV-000001|1\nINV-000003|2\n")
        #expect(try database.differences() == [])
        #expect(throws: StoreError.self) { try database.store.voidInvoice("INV-9", reason: "none", at: later) }
    }

    /// Each reason is told, the others go on, and what was repaired is billed by the next run.
    @Test func parks() throws {
        let database = try TestDatabase()
        try database.rate("good", "2026-01", [("m", 1_000)])
        try database.rate("unpriced", "2026-01", [("m", 1_000)], unpriced: 3)
        try database.rate("huge", "2026-01", [("m", 2_000_000_000)], at: "1")
        try database.rate("mixed", "2026-01", [("m", 1), ("n", 1)])
        try database.psql("UPDATE taximeter.usage_line SET currency = 'CNY' WHERE model = 'n'")
        try database.rate("large", "2026-01", [("m", 9_000_000_000_000_000_000)], at: "0.01")
        // Two months that were not billed, each of which fits in 128 bits.
        for month in ["2025-12", "2026-01"] {
            try database.rate("vast", month, [("m", 9_000_000_000_000_000_000)], at: "10")
        }
        _ = try database.store.load(
            Plan.parse(
                "plan: later\ncurrency: USD\nversions: [{from: 2026-06-01T00:00:00Z, price_book: list}]", file: "p"))
        _ = try database.store.load(
            AgreementFile.parse(
                "accounts: [{account: early, subscriptions: [{plan: later, from: 2026-01-01T00:00:00Z}]}]", file: "a"
            ).agreements)
        try database.rate("early", "2026-01", [("m", 1_000)])
        let summary = try database.bill("2026-01")
        #expect(summary.sums["USD"]?.invoices == 1)
        #expect(
            Set(summary.parked.map { "\($0.account) \($0.reason.code.rawValue)" }) == [
                "unpriced unpriced_usage", "huge exceeds_bound", "large exceeds_bound",
                "mixed currency_mismatch", "vast amount_too_large", "early no_plan_version",
            ])
        #expect(
            try database.psql("SELECT account, reason FROM taximeter.parked_periods ORDER BY 1")
                == """
                early|no_plan_version
                huge|exceeds_bound
                large|exceeds_bound
                mixed|currency_mismatch
                unpriced|unpriced_usage
                vast|amount_too_large

                """)
        #expect(try database.differences() == [])
        // What has to be looked at is not let in by the back door.
        try database.rate("huge", "2026-02", [("m", 1)], at: "1")
        let february = try database.bill("2026-02")
        #expect(february.sums["USD"]?.total.decimalText == "1")
        // It is told for as long as it waits.
        #expect(february.parked.contains { $0.account.text == "huge" && $0.reason.code == .exceedsBound })
        let accepting = try Identifier("large")
        #expect(
            try !database.bill("2026-03", finalize: false) { $0.accepted = [accepting] }.parked.contains {
                $0.account == accepting
            })

        try database.rate("unpriced", "2026-01", [("m", 1_000)])
        let huge = try Identifier("huge")
        let accepted = try database.bill("2026-01") { $0.accepted = [huge] }
        #expect(accepted.sums["USD"]?.invoices == 2)
        #expect(
            try database.psql("SELECT DISTINCT account FROM taximeter.parked_periods ORDER BY 1")
                == "early\nlarge\nmixed\nvast\n")
    }

    /// Only the accounts that are named; the others are left as they are.
    @Test func someAccountsAlone() throws {
        let database = try TestDatabase()
        for account in ["a", "b", "c"] { try database.rate(account, "2026-01", [("m", 1_000)]) }
        let named = try [Identifier("b")]
        #expect(try database.bill("2026-01") { $0.accounts = named }.sums["USD"]?.invoices == 1)
        #expect(try database.invoices() == "INV-000001|b|invoice|final|1|USD\n")
        #expect(try database.bill("2026-01").sums["USD"]?.invoices == 2)
        #expect(try database.differences() == [])
    }

    /// Each has a sum of its own.
    @Test func twoCurrencies() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 333)])
        try database.rate("b", "2026-01", [("m", 1_500)], currency: .cny)
        try database.rate("c", "2026-01", [("m", 2_000)], currency: .cny)
        let sums = try database.bill("2026-01").sums
        #expect(
            sums.mapValues { "\($0.invoices) \($0.total) \($0.due)" }
                == ["USD": "1 0.33 USD 0.33 USD", "CNY": "2 3.50 CNY 3.50 CNY"])
        #expect(try database.differences() == [])
    }

    @Test func exceedingTheTrailingMean() throws {
        let database = try TestDatabase()
        for month in ["2026-01", "2026-02", "2026-03"] {
            try database.rate("a", month, [("m", 20)], at: "1")
            try database.bill(month)
        }
        try database.rate("a", "2026-04", [("m", 2_001)], at: "1")
        let summary = try database.bill("2026-04")
        #expect(summary.parked.map(\.reason.code) == [.exceedsTrailingMean])
        #expect(summary.sums.isEmpty)
    }

    @Test func unknownAccountIsAnError() throws {
        let database = try TestDatabase()
        let nobody = try Identifier("nobody")
        #expect(throws: StoreError.self) { try database.bill("2026-01") { $0.accounts = [nobody] } }
    }

    /// A period that runs is not made final, nor one that has ended just now.
    @Test func waitsForTheEnd() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-10", [("m", 1_000)])
        let summary = try database.bill("2026-10")
        #expect(summary.waiting == 1)
        #expect(summary.sums.isEmpty)
        #expect(try database.bill("2026-10") { $0.grace = 0 }.sums["USD"]?.invoices == 1)
    }

    @Test func paymentsAndWriteOffs() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 50)], at: "1")
        try database.bill("2026-01")
        let (account, later) = (try Identifier("a"), try instant("2027-01-02T00:00:00Z"))
        func pay(_ id: String, _ amount: String, invoice: String? = nil) throws -> BookingAnswer {
            try database.store.bookPayment(
                Identifier(id), of: account, amount: Money(amount, .usd), invoice: invoice, at: later)
        }
        #expect(try pay("bank-1", "40", invoice: "INV-000001") == .booked)
        #expect(try pay("bank-1", "40", invoice: "INV-000001") == .alreadyBooked)
        #expect(throws: StoreError.self) { try pay("bank-1", "41", invoice: "INV-000001") }
        #expect(throws: StoreError.self) { try pay("bank-2", "1", invoice: "INV-9") }
        #expect(throws: StoreError.self) { try pay("bank-2", "0") }
        let written = try database.store.writeOff(
            Identifier("w"), of: account, amount: Money("10", .usd), invoice: "INV-000001", at: later)
        #expect(written == .booked)
        let balances = """
            SELECT ledger_account, trim_scale(balance) FROM taximeter.ledger_balance WHERE balance <> 0 ORDER BY 1
            """
        #expect(try database.psql(balances) == "cash|40\nrevenue|-50\nwrite_off|10\n")
        #expect(try database.differences() == [])
        // The money stays, what was given up is no longer owed.
        try database.store.voidInvoice("INV-000001", reason: "r", at: later)
        #expect(try database.psql(balances) == "cash|40\nreceivable|-40\n")
        #expect(try database.differences() == [])
        // Of a void invoice nothing is owed that could be given up; what was booked before is known still.
        func writeOff(_ id: String) throws -> BookingAnswer {
            try database.store.writeOff(
                Identifier(id), of: account, amount: Money("10", .usd), invoice: "INV-000001", at: later)
        }
        let refused = #expect(throws: StoreError.self) { try writeOff("w2") }
        #expect(refused?.code == .invoice)
        #expect(refused?.description.hasPrefix("invoice INV-000001 is void") == true, "\(refused as Any)")
        #expect(try writeOff("w") == .alreadyBooked)
        // Nor more than is owed.
        let beyond = #expect(throws: StoreError.self) {
            try database.store.writeOff(Identifier("w3"), of: account, amount: Money("1", .usd), at: later)
        }
        #expect(beyond?.description.contains("owes -40.00 USD") == true, "\(beyond as Any)")
        #expect(try pay("bank-3", "1", invoice: "INV-000001") == .booked)
        #expect(try database.differences() == [])
    }

    /// Credits pay, given ones before paid-in ones; a void gives them back, and they pay again.
    @Test func creditsPay() throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 50)], at: "1")
        let (account, start) = (try Identifier("a"), try instant("2026-01-01T00:00:00Z"))
        let always = try #require(EffectivePeriod(from: start))
        for (id, kind, amount) in [("paid", CreditGrant.Kind.toppedUp, "100"), ("given", .granted, "20")] {
            try database.store.grant(
                CreditGrant(
                    account: account, id: Identifier(id), kind: kind, amount: Money(amount, .usd), effective: always),
                at: start)
        }
        let summary = try database.bill("2026-01")
        #expect(summary.sums["USD"]?.total.decimalText == "50")
        #expect(summary.sums["USD"]?.due.decimalText == "0")
        let uses = """
            SELECT grant_id, trim_scale(sum(CASE WHEN debit = 'credits' THEN amount ELSE -amount END))
            FROM taximeter.ledger_transfer WHERE kind = 'credit_used' GROUP BY 1 ORDER BY 1
            """
        #expect(try database.psql(uses) == "given|20\npaid|30\n")
        #expect(
            try database.store.invoice("INV-000001").invoice.credits.map(\.amount.decimalText) == ["20", "30"])
        #expect(try database.differences() == [])
        try database.store.voidInvoice("INV-000001", reason: "r", at: instant("2027-01-02T00:00:00Z"))
        #expect(try database.psql(uses) == "given|0\npaid|0\n")
        #expect(try database.differences() == [])
        try database.bill("2026-01")
        #expect(try database.psql(uses) == "given|20\npaid|30\n")
        #expect(try database.differences() == [])
    }

    /// A credit note leaves the account with what it is owed, and gives no grant back; a void in its place does. There is
    /// the same to spend.
    @Test(arguments: [(false, "25", "credits|0\nreceivable|-25\n"), (true, "25", "credits|-25\nreceivable|0\n")])
    func creditNotesLeaveWhatIsOwed(_ isVoided: Bool, _ available: String, _ balances: String) throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 25)], at: "1")
        let (account, start) = (try Identifier("a"), try instant("2026-01-01T00:00:00Z"))
        try database.store.grant(
            CreditGrant(
                account: account, id: Identifier("gift"), kind: .granted, amount: Money("25", .usd),
                effective: #require(EffectivePeriod(from: start))), at: start)
        try database.bill("2026-01")
        try database.rate("a", "2026-01", [])
        if isVoided {
            try database.store.voidInvoice("INV-000001", reason: "r", at: instant("2027-01-02T00:00:00Z"))
        }
        for month in ["2026-01", "2026-02"] { try database.bill(month) }
        #expect(try database.store.balance(of: account)?.available == Money(available, .usd))
        #expect(
            try database.psql(
                """
                SELECT ledger_account, trim_scale(balance) FROM taximeter.ledger_balance
                WHERE ledger_account IN ('credits', 'receivable') ORDER BY 1
                """) == balances)
        #expect(try database.differences() == [])
    }

    /// Nobody changes what is final: not the roles, and the owner only by taking the guards away.
    @Test(arguments: ["invoice", "invoice_line", "invoice_void", "ledger_transfer"])
    func finalIsFinal(_ table: String) throws {
        let database = try TestDatabase()
        try database.rate("a", "2026-01", [("m", 50)], at: "1")
        try database.bill("2026-01")
        try database.store.voidInvoice("INV-000001", reason: "r", at: instant("2027-01-02T00:00:00Z"))
        for role in ["taximeter_biller", "taximeter_writer", "taximeter_reader", "taximeter_owner", nil] {
            for change in ["UPDATE taximeter.\(table) SET account_key = 7", "DELETE FROM taximeter.\(table)"] {
                #expect(throws: (any Error).self, "\(role ?? "superuser"): \(change)") {
                    try database.psql((role.map { "SET ROLE \($0); " } ?? "") + change)
                }
            }
        }
    }
}
