import Foundation
import Glibc
import Synchronization
import Taximeter

/// The clock of the soak's events: a day a minute from 2025-01-01.
struct SoakClock: Sendable {
    private static let epoch: Int64 = 1_735_689_600_000_000
    private static let day: Int64 = 86_400_000_000
    private static let speed: Int64 = 1_440
    private let start = Int64(Measuring.now / 1_000)
    private let wallStart = Int64(Date().timeIntervalSince1970 * 1e6)

    /// Now, in microseconds since 1970.
    var microseconds: Int64 { Self.epoch + (Int64(Measuring.now / 1_000) - start) * Self.speed }

    /// The day, from 0, in which the oldest event was sealed that is not stored; today when all are.
    func day(of lag: SpoolLag) -> Int {
        guard let oldest = lag.oldestSealedAt else { return Int((microseconds - Self.epoch) / Self.day) }
        return Int(max(0, oldest.microseconds - wallStart) * Self.speed / Self.day)
    }

    /// The partition of a day.
    func partition(of day: Int) -> String {
        let date = CivilDate(daysSinceEpoch: Self.epoch / Self.day + Int64(day))
        return "usage_event_\(date.description.replacing("-", with: "_"))"
    }
}

/// A thread that records events of many accounts at a steady rate, and sums what was taken.
final class SoakRecorder: Sendable {
    private let meter: Meter
    private let clock: SoakClock
    private let seed: UInt64
    private let accounts: [AccountHandle]
    private let models: [ModelHandle]
    private let channel: ChannelHandle
    private let serviceTier: ServiceTierHandle
    private let isStopping = Atomic<Bool>(false)
    private let sums = Mutex(SoakBenchmark.Sums())
    private let ended = DispatchSemaphore(value: 0)

    init(_ meter: Meter, _ clock: SoakClock, seed: UInt64) throws {
        self.meter = meter
        self.clock = clock
        self.seed = seed
        accounts = try (0..<1_000).map { try meter.account(Identifier("account-\($0)")) }
        models = try ["deepseek-chat", "deepseek-reasoner", "small", "large"].map { try meter.model(Identifier($0)) }
        channel = try meter.channel(Identifier("api"))
        serviceTier = try meter.serviceTier(Identifier("standard"))
    }

    func start(rate: UInt64) {
        Thread { [self] in
            run(rate)
            ended.signal()
        }.start()
    }

    /// Ends the thread, and returns the sums of what it has recorded.
    func stop() -> SoakBenchmark.Sums {
        isStopping.store(true, ordering: .relaxed)
        ended.wait()
        return sums.withLock { $0 }
    }

    private func run(_ rate: UInt64) {
        var state = seed
        func random(_ limit: UInt64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((state >> 33) % limit)
        }
        var id = [UInt8](repeating: UInt8(ascii: "-"), count: 36)
        let digits = Array("0123456789abcdef".utf8)
        var own = SoakBenchmark.Sums()
        let start = Measuring.now
        var done: UInt64 = 0
        while !isStopping.load(ordering: .relaxed) {
            let due = (Measuring.now - start) / 1_000 * rate / 1_000_000
            let now = clock.microseconds
            while done < due {
                done += 1
                for place in 0..<36 where place != 8 && place != 13 && place != 18 && place != 23 {
                    id[place] = digits[Int(random(16))]
                }
                guard let completedAt = Instant(microseconds: now),
                    let startedAt = Instant(microseconds: now - random(60_000_000))
                else { continue }
                let tokens = TokenCounts(cacheHit: random(4_000), cacheMiss: random(3_000), output: random(2_000))
                let event = MeterEvent(
                    account: accounts[Int(min(random(1_000), random(1_000)))], model: models[Int(random(4))],
                    channel: channel, serviceTier: serviceTier, startedAt: startedAt, completedAt: completedAt,
                    tokens: tokens)
                // Refused events are counted by the meter, and are in no sum.
                guard (try? meter.record(event, requestID: id.span)) != nil else { continue }
                own.add(
                    SoakBenchmark.Sums(
                        events: 1, hit: tokens.cacheHit, miss: tokens.cacheMiss, output: tokens.output, requests: 1))
            }
            usleep(2_000)
        }
        sums.withLock { $0 = own }
    }
}
