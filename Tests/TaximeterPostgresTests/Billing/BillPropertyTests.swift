import TestKit
import Testing

/// Whatever happens to accounts, and however often and when they are billed: the books are right after every step, and in
/// the end every line has come to what one run over the final history bills.
@Suite struct BillPropertyTests {
    @Test func anyHistoryComesToTheSame() async throws {
        try await withSeed { generator in
            let seeds = (0..<3).map { _ in generator.next() }
            _ = try concurrently(seeds.count) { index in
                var history = try RandomHistory(seed: seeds[index])
                for _ in 0..<15 { try history.step() }
                try history.finish()
            }
        }
    }
}
