import Testing

@testable import Taximeter

/// Hours are cut where a day begins on the clock of a zone in use, so that days and the periods made of them are whole.
@Suite struct PlanCutsTests {
    private func cuts(_ zone: String, _ hour: String) throws -> [String] {
        let start = try instant(hour)
        let end = try #require(start.advanced(byMicroseconds: Instant.hour))
        let cuts = PlanCuts(zones: [try #require(TimeZoneRules(identifier: zone)), .utc], [])
        return Set(cuts.cuts(in: start..<end)).sorted().map(\.description)
    }

    @Test(arguments: [
        ("Asia/Kathmandu", "2026-01-14T18:00:00Z", ["2026-01-14T18:15:00Z"]),
        ("Asia/Kathmandu", "2026-01-14T17:00:00Z", []),
        ("Asia/Kolkata", "2026-01-14T18:00:00Z", ["2026-01-14T18:30:00Z"]),
        // Whole hours need no cut.
        ("Europe/Berlin", "2026-01-14T23:00:00Z", []), ("Europe/Berlin", "2026-01-14T22:00:00Z", []),
        // Midnight is skipped: the clock went from 24:00 to 0:15, when the offset of Nepal became 5:45.
        ("Asia/Kathmandu", "1985-12-31T18:00:00Z", ["1985-12-31T18:30:00Z"]),
        // The clock went back from 0:01 to 23:01: the new day began, was over after a minute, and began again.
        ("America/St_Johns", "1990-10-28T02:00:00Z", ["1990-10-28T02:30:00Z", "1990-10-28T02:31:00Z"]),
        ("America/St_Johns", "1990-10-28T03:00:00Z", ["1990-10-28T03:30:00Z"]),
        // Summer time of half an hour.
        ("Australia/Lord_Howe", "2026-01-14T13:00:00Z", []),
        ("Australia/Lord_Howe", "2026-06-14T13:00:00Z", ["2026-06-14T13:30:00Z"]),
    ])
    func atMidnight(_ zone: String, _ hour: String, _ expected: [String]) throws {
        #expect(try cuts(zone, hour) == expected)
    }

    /// From cut to cut, each minute around the changes of clocks shows one day; and a period begins at no other moment.
    @Test(arguments: [
        "Asia/Kathmandu", "Asia/Tehran", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham",
        "Africa/Monrovia", "Africa/Cairo", "America/Caracas", "Pacific/Apia",
    ])
    func aSlotIsOfOneDay(_ name: String) throws {
        let zone = try #require(TimeZoneRules(identifier: name))
        let cuts = PlanCuts(zones: [zone], [])
        let years = try instant("1970-01-01T00:00:00Z")..<instant("2030-01-01T00:00:00Z")
        let changes = zone.changes(in: years)
        #expect(!changes.isEmpty)
        for change in changes {
            let first = change.startOfHour.microseconds - 30 * Instant.hour
            for index in Int64(0)..<60 {
                let hour = Instant(unchecked: first + index * Instant.hour)
                let end = Instant(unchecked: hour.microseconds + Instant.hour)
                let slots = Set([hour] + cuts.cuts(in: hour..<end)).sorted()
                for (slot, next) in zip(slots, slots.dropFirst() + [end]) {
                    let days = stride(from: slot.microseconds, to: next.microseconds, by: 30 * Int(Instant.second))
                        .map { zone.wallClock(at: Instant(unchecked: $0)).day }
                    #expect(Set(days).count == 1, "\(slot) to \(next)")
                    #expect(
                        slot == hour
                            || zone.wallClock(at: Instant(unchecked: slot.microseconds - 1)).day != days.first,
                        "\(slot) begins no day")
                }
                let day = BillingCycle(length: .week, anchorDay: Int(index % 7) + 1).bounds(around: hour, zone)
                for start in [day.start, day.end] where hour < start && start < end {
                    #expect(slots.contains(start), "a period starts at \(start)")
                }
            }
        }
    }
}
