import Testing

@testable import TaximeterCLI

@Suite struct TextTableTests {
    /// Whoever names accounts can use any letter; a row stays a row.
    @Test func aNameTearsNoRow() {
        var table = TextTable([.init(title: "account", isNumber: false), .init(title: "due", isNumber: true)])
        table.append(["a\nINV-1  b\u{202e}", "1"])
        table.append(["ä\u{1b}[31m", "20"])
        #expect(
            table.text == #"""
                account                 due
                ──────────────────────  ───
                a\u{a}INV-1  b\u{202e}    1
                ä\u{1b}[31m              20

                """#)
    }
}
