import TestKit
import Testing

/// Whatever happens to accounts, and however often and when they are billed: the books are right after every step, and in
/// the end every line has come to what one run over the final history bills.
@Suite struct BillPropertyTests {
    @Test func anyHistoryComesToTheSame() async throws {
        try await withSeed { generator in
            // One after the other: issues of other threads belong to no test, and name no seed.
            for _ in 0..<2 {
                var history = try RandomHistory(seed: generator.next())
                for _ in 0..<15 { try history.step() }
                try history.finish()
            }
        }
    }
}
