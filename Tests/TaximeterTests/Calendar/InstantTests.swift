import Testing

@testable import Taximeter

@Suite struct InstantTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("2025-02-28T00:30:00+08:00", 1_740_673_800_000_000),
        ("2025-02-27T16:30:00Z", 1_740_673_800_000_000),
        ("2025-02-27t16:30:00.000001z", 1_740_673_800_000_001),
        ("2025-02-27 16:30:00.9999999Z", 1_740_673_800_999_999),
        ("2024-02-29T23:59:60Z", 1_709_251_200_000_000),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ("2025-01-01T05:45:00+05:45", 1_735_689_600_000_000),
        ("2024-12-31T18:30:00-05:30", 1_735_689_600_000_000),
    ])
    func reads(_ text: String, _ microseconds: Int64) throws {
        let instant = try #require(Instant(rfc3339: text))
        #expect(instant.microseconds == microseconds)
        #expect(Instant(rfc3339: instant.description) == instant)
    }

    @Test(arguments: [
        "", "2025-02-27", "2025-02-27T16:30:00", "2025-02-27T16:30Z", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z",
        "2025-02-27T24:00:00Z", "2025-02-27T16:60:00Z", "2025-02-27T16:30:61Z", "2025-02-27T16:30:00.Z",
        "2025-02-27T16:30:00+8:00", "2025-02-27T16:30:00+0800", "2025-02-27T16:30:00+24:00", "2025-02-27T16:30:00ZZ",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "+025-02-27T16:30:00Z", "infinity",
        "١٩٧٠-01-01T00:00:00Z",
    ])
    func refuses(_ text: String) { #expect(Instant(rfc3339: text) == nil) }

    @Test func everyDayOfFourCenturiesThereAndBack() {
        var expected = CivilDate(daysSinceEpoch: -146_097)
        for days in Int64(-146_097)...146_097 {
            let date = CivilDate(daysSinceEpoch: days)
            #expect(date.daysSinceEpoch == days)
            #expect(date == expected)
            expected =
                CivilDate(year: date.year, month: date.month, day: date.day + 1)
                ?? CivilDate(year: date.year, month: date.month + 1, day: 1)
                ?? CivilDate(year: date.year + 1, month: 1, day: 1)
                ?? expected
        }
    }

    @Test func floorsBeforeTheEpoch() {
        #expect(Instant(unchecked: -1).floored(toMicroseconds: Instant.hour) == Instant(unchecked: -Instant.hour))
        #expect(Instant(unchecked: 0).floored(toMicroseconds: Instant.hour) == Instant(unchecked: 0))
    }
}
