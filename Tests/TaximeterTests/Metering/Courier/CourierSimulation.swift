import TestKit

@testable import Taximeter

/// A recorder, copies of its spool with a courier each, and a database, none of which can be relied on, in a time of
/// their own. Everything that happens is drawn from a seed.
struct CourierSimulation {
    /// A store: its key makes a repeat a no-op. Without it, the control, a repeat is stored again.
    struct Database {
        let hasKey: Bool
        var rows: [Int64: Int] = [:]
        var downUntil = 0

        mutating func insert(_ sequence: Int64) -> Delivery {
            if hasKey, rows[sequence] != nil { return .alreadyStored }
            rows[sequence, default: 0] += 1
            return .stored
        }
    }

    /// One folder, and the courier that ships it.
    struct Copy {
        var machine = CourierMachine(.init(first: .milliseconds(20), longest: .milliseconds(400)))
        var acknowledged: Int64 = 0
        /// What a restart still knows.
        var saved: Int64 = 0
        var last: Int64 = 0
        var quarantined: Set<Int64> = []
        var shipped: [Int64] = []
        var wakeAt = 0
        var clockOffset = 0

        var head: Int64? { acknowledged < last ? acknowledged + 1 : nil }
    }

    var generator: SeededGenerator
    var database: Database
    var copies: [Copy]
    var recorded: Int64 = 0
    /// Batches that the store never takes.
    var poisoned: Set<Int64> = []
    var now = 0
    /// Whether something may go wrong.
    var isCalm = false

    init(seed: UInt64, hasKey: Bool = true) {
        generator = SeededGenerator(seed: seed)
        database = Database(hasKey: hasKey)
        copies = Array(repeating: Copy(), count: Int.random(in: 1...2, using: &generator))
    }

    /// Trouble for a while, and then calm until all couriers rest.
    mutating func run() {
        let steps = Int.random(in: 20...150, using: &generator)
        for _ in 0..<steps { step() }
        isCalm = true
        database.downUntil = 0
        for index in copies.indices { copies[index].last = recorded }
        var rounds = 0
        while copies.contains(where: { $0.head != nil }), rounds < 20_000 {
            step()
            rounds += 1
        }
    }

    private mutating func happens(oneIn chance: Int) -> Bool {
        !isCalm && Int.random(in: 0..<chance, using: &generator) == 0
    }

    private mutating func step() {
        now += Int.random(in: 1...50, using: &generator)
        if happens(oneIn: 2) { record() }
        if happens(oneIn: 20) { database.downUntil = now + Int.random(in: 1...500, using: &generator) }
        for index in copies.indices {
            if happens(oneIn: 25) { restart(index) }
            if happens(oneIn: 25) { copies[index].clockOffset = Int.random(in: -100_000...100_000, using: &generator) }
            if happens(oneIn: 3) { copies[index].saved = copies[index].acknowledged }
            if now >= copies[index].wakeAt { turn(index) }
        }
    }

    private mutating func record() {
        recorded += 1
        if Int.random(in: 0..<10, using: &generator) == 0 { poisoned.insert(recorded) }
        // A copy may lag behind its original.
        for index in copies.indices where index == 0 || happens(oneIn: 2) { copies[index].last = recorded }
    }

    private mutating func restart(_ index: Int) {
        copies[index].machine = Copy().machine
        copies[index].acknowledged = copies[index].saved
        copies[index].wakeAt = now
    }

    /// Lets a courier do one thing after another until it waits, or dies.
    private mutating func turn(_ index: Int) {
        var copy = copies[index]
        defer { copies[index] = copy }
        let time = Duration.milliseconds(now + copy.clockOffset)
        var action = copy.machine.next(copy.head, at: time)
        while true {
            switch action {
            case .ship(let sequence):
                copy.shipped.append(sequence)
                let delivery = deliver(sequence)
                // The process dies before it has the answer.
                if happens(oneIn: 20) { return }
                action = copy.machine.delivered(delivery, at: time, using: &generator)
            case .setAside(let sequence, _):
                if happens(oneIn: 8) {
                    action = copy.machine.failed(sequence, at: time, using: &generator)
                } else {
                    copy.quarantined.insert(sequence)
                    if happens(oneIn: 20) { return }
                    action = copy.machine.hasSetAside()
                }
            case .acknowledge(let sequence):
                copy.acknowledged = max(copy.acknowledged, sequence)
                return
            case .wait(let until):
                // It wakes by the same clock by which it waits, or when there is something new.
                let pause = until.map { ($0 - time) / .milliseconds(1) } ?? 1
                copy.wakeAt = now + max(1, min(Int(pause.rounded(.up)), 1_000))
                return
            case .finish: return
            }
        }
    }

    private mutating func deliver(_ sequence: Int64) -> Delivery {
        if now < database.downUntil { return .unknown("down") }
        if poisoned.contains(sequence) { return .refused("poisoned") }
        switch isCalm ? 9 : Int.random(in: 0..<10, using: &generator) {
        case 0, 1:
            // The COMMIT was done, and its answer lost.
            _ = database.insert(sequence)
            return .unknown("lost answer")
        case 2, 3: return .unknown("lost request")
        default: return database.insert(sequence)
        }
    }
}
