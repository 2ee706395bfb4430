import TestKit
import Testing

@testable import Taximeter

@Suite struct CourierSimulationTests {
    /// Recorded = stored + put aside, each once, in order, whatever went wrong.
    private static func faults(_ simulation: CourierSimulation) -> [String] {
        var faults: [String] = []
        let all = Set(1...max(simulation.recorded, 1)).filter { $0 <= simulation.recorded }
        let stored = Set(simulation.database.rows.keys)
        let doubled = simulation.database.rows.filter { $0.value != 1 }.keys.sorted()
        if !doubled.isEmpty { faults.append("doubled: \(doubled)") }
        if stored != all.subtracting(simulation.poisoned) { faults.append("not stored: \(all.subtracting(stored))") }
        for copy in simulation.copies {
            if copy.head != nil { faults.append("not drained") }
            if copy.quarantined != simulation.poisoned { faults.append("not put aside: \(simulation.poisoned)") }
            // Nothing is shipped before all that is before it.
            var reached: Int64 = 0
            for sequence in copy.shipped {
                if sequence > reached + 1 { faults.append("\(sequence) was shipped after \(reached)") }
                reached = max(reached, sequence)
            }
        }
        return faults
    }

    @Test func thousandsOfSchedulesEndComplete() async throws {
        try await withSeed { generator in
            var batches: Int64 = 0
            for _ in 0..<3_000 {
                let seed = generator.next()
                var simulation = CourierSimulation(seed: seed)
                simulation.run()
                let faults = Self.faults(simulation)
                #expect(faults.isEmpty, "simulation \(seed): \(faults)")
                batches += simulation.recorded
            }
            #expect(batches > 50_000)
        }
    }

    /// The control: a store without its key has doubles.
    @Test func withoutTheKeyBatchesAreDoubled() async throws {
        try await withSeed { generator in
            var doubled = 0
            for _ in 0..<50 {
                var simulation = CourierSimulation(seed: generator.next(), hasKey: false)
                simulation.run()
                if Self.faults(simulation).contains(where: { $0.hasPrefix("doubled") }) { doubled += 1 }
            }
            #expect(doubled > 25)
        }
    }
}
