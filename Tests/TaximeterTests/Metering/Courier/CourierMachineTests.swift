import TestKit
import Testing

@testable import Taximeter

@Suite struct CourierMachineTests {
    private static let pauses = CourierMachine.Pauses(first: .seconds(1), longest: .seconds(8))

    /// Every state, with everything that can be said to it: the state and the action after it.
    @Test func everyTransition() {
        var generator = SeededGenerator(seed: 1)
        var machine = CourierMachine(Self.pauses)
        #expect(machine.next(nil, at: .zero) == .wait(until: nil))
        #expect(machine.next(1, at: .zero) == .ship(1))
        #expect(machine.state == .shipping(1, failures: 0))
        #expect(machine.delivered(.stored, at: .zero, using: &generator) == .acknowledge(1))
        #expect(machine.state == .idle)
        #expect(machine.next(2, at: .zero) == .ship(2))
        #expect(machine.delivered(.alreadyStored, at: .zero, using: &generator) == .acknowledge(2))
        #expect(machine.next(3, at: .zero) == .ship(3))
        #expect(machine.delivered(.refused("no"), at: .zero, using: &generator) == .setAside(3, reason: "no"))
        #expect(machine.hasSetAside() == .acknowledge(3))
        // Putting aside failed: it goes again, after a pause.
        _ = machine.next(4, at: .zero)
        _ = machine.delivered(.refused("no"), at: .zero, using: &generator)
        guard case .wait(let until?) = machine.failed(4, at: .zero, using: &generator) else {
            Issue.record("no pause")
            return
        }
        #expect(machine.next(4, at: .zero) == .wait(until: until))
        #expect(machine.next(4, at: until) == .ship(4))
        // Somebody else has settled it meanwhile.
        _ = machine.delivered(.unknown("cut"), at: .zero, using: &generator)
        #expect(machine.next(5, at: .zero) == .ship(5))
        #expect(machine.state == .shipping(5, failures: 0))
        // An outcome that nobody waits for changes nothing.
        _ = machine.delivered(.stored, at: .zero, using: &generator)
        let before = machine.state
        _ = machine.delivered(.stored, at: .zero, using: &generator)
        _ = machine.hasSetAside()
        #expect(machine.state == before)
    }

    /// Pauses double to the longest, and are drawn from their upper half.
    @Test func pausesGrow() async throws {
        try await withSeed { generator in
            var machine = CourierMachine(Self.pauses)
            var now = Duration.zero
            for (failures, whole) in [1, 2, 4, 8, 8, 8].enumerated() {
                #expect(machine.next(1, at: now) == .ship(1))
                let action = machine.delivered(.unknown("cut"), at: now, using: &generator)
                guard case .wait(let until?) = action else {
                    Issue.record("\(action)")
                    return
                }
                #expect(until - now >= .seconds(whole) / 2 && until - now <= .seconds(whole), "\(failures)")
                #expect(machine.next(1, at: until - .nanoseconds(1)) == .wait(until: until))
                now = until
            }
            // The next batch begins anew.
            _ = machine.next(1, at: now)
            _ = machine.delivered(.stored, at: now, using: &generator)
            _ = machine.next(2, at: now)
            #expect(machine.state == .shipping(2, failures: 0))
        }
    }

    @Test func neitherFailuresNorClocksOverflow() {
        var generator = SeededGenerator(seed: 1)
        var machine = CourierMachine(Self.pauses)
        for _ in 0..<200 {
            _ = machine.next(1, at: .seconds(1_000_000))
            _ = machine.delivered(.unknown("cut"), at: .seconds(1_000_000), using: &generator)
            // A clock that was set back by days: it is tried at once rather than in days.
            #expect(machine.next(1, at: .zero) == .ship(1))
            _ = machine.delivered(.unknown("cut"), at: .zero, using: &generator)
        }
    }

    @Test func drainingEnds() {
        var generator = SeededGenerator(seed: 1)
        var machine = CourierMachine(Self.pauses)
        machine.drain(until: .seconds(10))
        machine.drain(until: .seconds(20))
        #expect(machine.next(1, at: .zero) == .ship(1))
        guard case .wait(let until?) = machine.delivered(.unknown("cut"), at: .seconds(9.9), using: &generator) else {
            Issue.record("no pause")
            return
        }
        #expect(until == .seconds(10), "no pause is longer than the deadline")
        #expect(machine.next(1, at: .seconds(10)) == .finish(isDrained: false))
        #expect(machine.next(1, at: .zero) == .finish(isDrained: false))
        machine = CourierMachine(Self.pauses)
        machine.drain(until: .seconds(10))
        #expect(machine.next(nil, at: .seconds(1)) == .finish(isDrained: true))
    }
}
