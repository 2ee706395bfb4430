import Testing

@testable import Taximeter

/// What is wrong with versions: rates, bands, schedules, multipliers.
@Suite struct VersionDiagnosticTests {
    @Test(arguments: [
        DiagnosticCase(
            "prices",
            versions: #"""
                - {from: 2025-01-01T00:00:00Z, rates: {cache_hit: -0.1, cache_miss: 1e3, cache_write: 0.0000000000001, output: 1.2.3, cach_write_1h: 1}}
                """#,
            #"""
            6:57: tariffs[0].versions[0].rates.cache_hit: found "-0.1"; expected a price per million tokens of 0 or more, with at most 12 decimals, such as 0.14
            6:75: tariffs[0].versions[0].rates.cache_miss: found "1e3"; expected a price per million tokens of 0 or more, with at most 12 decimals, such as 0.14
            6:93: tariffs[0].versions[0].rates.cache_write: found "0.0000000000001"; expected a price per million tokens of 0 or more, with at most 12 decimals, such as 0.14
            6:118: tariffs[0].versions[0].rates.output: found "1.2.3"; expected a price per million tokens of 0 or more, with at most 12 decimals, such as 0.14
            6:125: tariffs[0].versions[0].rates: found the token class "cach_write_1h"; expected one of cache_hit, cache_miss, cache_write, cache_write_1h, output (did you mean "cache_write_1h"?)
            """#),
        DiagnosticCase(
            "multiples",
            versions: #"""
                - {from: 2025-01-01T00:00:00Z, rates: {cache_miss: 0.000000000001, cache_write: {times_cache_miss: 0.5}, cache_hit: {times: 2}}}
                """#,
            #"""
            6:87: tariffs[0].versions[0].rates.cache_write: found 0.5 times 0.000000000001; expected a price that is a whole number of 10^-18 a token and fits in 128 bits
            6:123: tariffs[0].versions[0].rates.cache_hit.times_cache_miss: found nothing; expected how many times the cache_miss rate this rate is, such as 1.25
            6:124: tariffs[0].versions[0].rates.cache_hit: found the key "times"; expected one of times_cache_miss
            """#),
        DiagnosticCase(
            "multiple of nothing",
            versions: #"""
                - {from: 2025-01-01T00:00:00Z, rates: {output: 1, cache_write: {times_cache_miss: 1.25}, cache_miss: {times_cache_miss: 2}}}
                """#,
            #"""
            6:70: tariffs[0].versions[0].rates.cache_write: found a multiple of cache_miss; expected a cache_miss rate beside it to multiply
            6:108: tariffs[0].versions[0].rates.cache_miss: found a multiple of cache_miss; expected a cache_miss rate beside it to multiply
            """#),
        DiagnosticCase(
            "dates",
            versions: #"""
                - {from: 2025-01-01, rates: {output: 1}}
                - {from: 2025-02-30T00:00:00Z, until: tomorrow, rates: {output: 1}}
                - {from: 2025-03-01T00:00:00Z, until: 2025-03-01T00:00:00Z, rates: {output: 1}}
                """#,
            #"""
            6:16: tariffs[0].versions[0].from: found "2025-01-01"; expected an instant with its offset, such as 2025-01-20T00:00:00Z
            7:16: tariffs[0].versions[1].from: found "2025-02-30T00:00:00Z"; expected an instant with its offset, such as 2025-01-20T00:00:00Z
            7:45: tariffs[0].versions[1].until: found "tomorrow"; expected an instant with its offset, such as 2025-01-20T00:00:00Z
            8:9: tariffs[0].versions[2]: found an end at 2025-03-01T00:00:00Z; expected an end after the start at 2025-03-01T00:00:00Z
            """#),
        DiagnosticCase(
            "missing keys",
            versions: #"""
                - {}
                - 7
                """#,
            #"""
            6:9: tariffs[0].versions[0].from: found nothing; expected the instant from which the version holds
            6:9: tariffs[0].versions[0].rates: found nothing; expected the rates per million tokens
            7:9: tariffs[0].versions[1]: found "7"; expected a mapping with from, until, after_gap, source, rates, bands, schedules, multipliers, tiers, channels
            """#),
        DiagnosticCase(
            "overlap and gap",
            versions: #"""
                - {from: 2025-01-01T00:00:00Z, until: 2025-03-01T00:00:00Z, rates: {output: 1}}
                - {from: 2025-02-01T00:00:00Z, until: 2025-04-01T00:00:00Z, rates: {output: 1}}
                - {from: 2025-05-01T00:00:00Z, rates: {output: 1}}
                - {from: 2025-06-01T00:00:00Z, after_gap: true, rates: {output: 1}}
                - {from: 2025-06-01T00:00:00Z, after_gap: maybe, rates: {output: 1}}
                """#,
            #"""
            7:9: tariffs[0].versions[1]: found a start at 2025-02-01T00:00:00Z; expected no overlap with the version before, from 2025-01-01T00:00:00Z until 2025-03-01T00:00:00Z
            8:9: tariffs[0].versions[2]: found a gap after 2025-04-01T00:00:00Z; expected a start at 2025-04-01T00:00:00Z, or after_gap: true
            9:9: tariffs[0].versions[3]: found after_gap: true; expected a gap before it: the version before ends at 2025-06-01T00:00:00Z
            10:9: tariffs[0].versions[4]: found a start at 2025-06-01T00:00:00Z; expected no overlap with the version before, from 2025-06-01T00:00:00Z until 2025-06-01T00:00:00Z
            10:49: tariffs[0].versions[4].after_gap: found "maybe"; expected true or false
            """#),
        DiagnosticCase(
            "first after gap",
            versions: #"""
                - {from: 2025-01-01T00:00:00Z, after_gap: true, rates: {output: 1}}
                """#,
            #"""
            6:9: tariffs[0].versions[0]: found after_gap: true; expected a version before it
            """#),
        DiagnosticCase(
            "band keys",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, output: 2}
                  bands:
                    - {name: a, factor: 2}
                    - {input: {over: 10, from: 10}, factor: 2}
                    - {name: c, input: {above: 10}}
                    - {name: d, input: {from: 0}, rates: {cache_hit: 1}, factors: {output: -1}}
                    - {name: e, input: {over: 1.5}, rates: {output: 1}, factor: 2}
                    - {name: f, output: {over: 7}, rates: {output: 1}, factors: {output: 2}}
                """#,
            #"""
            9:13: tariffs[0].versions[0].bands[0].input: found nothing; expected a threshold on input, output or both
            10:13: tariffs[0].versions[0].bands[1].name: found nothing; expected a name for the band
            10:21: tariffs[0].versions[0].bands[1].input: found both; expected either over (>) or from (>=)
            11:13: tariffs[0].versions[0].bands[2].rates: found nothing; expected rates, factors or factor
            11:30: tariffs[0].versions[0].bands[2].input: found neither; expected either over (>) or from (>=)
            11:31: tariffs[0].versions[0].bands[2].input: found the key "above"; expected one of over, from
            12:37: tariffs[0].versions[0].bands[3].input.from: found "0"; expected a whole number of tokens from 1 to 9223372036854775807
            12:60: tariffs[0].versions[0].bands[3].rates.cache_hit: found a rule for cache_hit; expected a base rate for it in the version's rates
            12:82: tariffs[0].versions[0].bands[3].factors.output: found "-1"; expected a factor of 0 or more, such as 0.5 (less would be a discount of more than 100 %)
            13:37: tariffs[0].versions[0].bands[4].input.over: found "1.5"; expected a whole number of tokens from 0 to 9223372036854775806
            13:50: tariffs[0].versions[0].bands[4].rates: found a mapping; expected nothing beside factor, which already is for all classes
            14:80: tariffs[0].versions[0].bands[5].factors.output: found "2"; expected no factor for a class with a rate of its own
            """#),
        DiagnosticCase(
            "bands cross",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, output: 2}
                  bands:
                    - {name: a, input: {over: 10}, factor: 2}
                    - {name: b, output: {from: 5}, factor: 3}
                    - {name: a, input: {from: 11}, factor: 4}
                """#,
            #"""
            10:13: tariffs[0].versions[0].bands[1]: found bands a and b, which cross; expected a band for input from 11 and output from 5, where both would hold
            11:13: tariffs[0].versions[0].bands[2]: found a second band a; expected a name of its own for each band
            11:13: tariffs[0].versions[0].bands[2]: found the thresholds of band a; expected thresholds of its own
            11:13: tariffs[0].versions[0].bands[2]: found bands b and a, which cross; expected a band for input from 11 and output from 5, where both would hold
            """#),
        DiagnosticCase(
            "schedule keys",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, output: 2}
                  schedules:
                    - {name: a, time_zone: Asia/Shangai, from: '9:00', until: '25:00', factor: 0.5}
                    - {name: b, from: '09:00', until: '12:00'}
                    - {name: c, time_zone: UTC, from: '09:00', until: '09:00', factor: 0.5}
                    - {name: d, time_zone: UTC, from: '24:00', until: '09:00', factor: 0.5}
                    - {name: e, time_zone: UTC, from: '00:00', until: '09:00', weekdays: [], factor: 0.5}
                    - {name: f, time_zone: UTC, from: '10:00', until: '11:00', weekdays: [munday, friday..monday], calendar: cn, factor: 0.5}
                    - {name: g, time_zone: UTC, from: '12:00', until: '13:00', factor: 0.5, bands: {long: {output: 1}}}
                """#,
            #"""
            9:34: tariffs[0].versions[0].schedules[0].time_zone: found "Asia/Shangai"; expected an IANA time zone such as Asia/Shanghai, or UTC
            9:54: tariffs[0].versions[0].schedules[0].from: found "9:00"; expected a time of day from "00:00" to "24:00"
            9:69: tariffs[0].versions[0].schedules[0].until: found "25:00"; expected a time of day from "00:00" to "24:00"
            10:13: tariffs[0].versions[0].schedules[1].time_zone: found nothing; expected an IANA time zone such as Asia/Shanghai, or UTC
            10:13: tariffs[0].versions[0].schedules[1].rates: found nothing; expected rates, factors or factor
            11:13: tariffs[0].versions[0].schedules[2]: found an empty window from 09:00 until 09:00; expected a start before 24:00 and another end (a whole day is 00:00 until 24:00)
            12:13: tariffs[0].versions[0].schedules[3]: found an empty window from 24:00 until 09:00; expected a start before 24:00 and another end (a whole day is 00:00 until 24:00)
            13:80: tariffs[0].versions[0].schedules[4].weekdays: found no day; expected at least one weekday
            14:81: tariffs[0].versions[0].schedules[5].weekdays[0]: found "munday"; expected monday or tuesday or wednesday or thursday or friday or saturday or sunday (did you mean "monday"?)
            14:89: tariffs[0].versions[0].schedules[5].weekdays[1]: found "friday..monday"; expected a range of weekdays such as monday..friday
            14:116: tariffs[0].versions[0].schedules[5].calendar: found "cn"; expected one that is defined, but none is
            15:91: tariffs[0].versions[0].schedules[6].bands: found "long"; expected one that is defined, but none is
            """#),
        DiagnosticCase(
            "schedules overlap",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, output: 2}
                  schedules:
                    - {name: a, time_zone: UTC, from: '09:00', until: '12:00', factor: 0.5}
                    - {name: b, time_zone: UTC, from: '22:00', until: '09:01', factor: 0.5}
                    - {name: a, time_zone: UTC, from: '13:00', until: '14:00', factor: 0.5}
                    - {name: c, time_zone: Asia/Shanghai, from: '13:00', until: '14:00', factor: 0.5}
                """#,
            #"""
            10:13: tariffs[0].versions[0].schedules[1]: found a window that overlaps schedule a; expected windows that do not overlap
            11:13: tariffs[0].versions[0].schedules[2]: found a second schedule a; expected a name of its own for each schedule
            12:13: tariffs[0].versions[0].schedules[3]: found the time zone Asia/Shanghai; expected UTC, as in schedule a: one for all of a version
            """#),
        DiagnosticCase(
            "pair",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, output: 2}
                  bands: [{name: long, input: {over: 10}, rates: {output: 5}}]
                  schedules:
                    - {name: night, time_zone: UTC, from: '00:00', until: '06:00', rates: {output: 1}}
                """#,
            #"""
            10:13: tariffs[0].versions[0].schedules[0].bands.long: found rates for output in both schedule night and band long; expected the rate that holds for both, under the schedule's bands
            """#),
        DiagnosticCase(
            "multiples followed",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, cache_write: {times_cache_miss: 1.25}, output: 2}
                  bands: [{name: long, input: {over: 10}, rates: {cache_miss: 2}}]
                """#,
            #"""
            8:17: tariffs[0].versions[0].bands[0].cache_write: found a rule for cache_miss alone; expected one for cache_write too, whose base rate is a multiple of cache_miss
            """#),
        DiagnosticCase(
            "multipliers",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, output: 2}
                  multipliers: {standard: 1, batch: half, flex: {cache_hit: 1}, '': 1}
                """#,
            #"""
            8:23: tariffs[0].versions[0].multipliers: found the name standard; expected another: the standard tier is always 1
            8:43: tariffs[0].versions[0].multipliers.batch: found "half"; expected a factor of 0 or more, such as 0.5 (less would be a discount of more than 100 %)
            8:67: tariffs[0].versions[0].multipliers.flex.cache_hit: found a rule for cache_hit; expected a base rate for it in the version's rates
            8:71: tariffs[0].versions[0].multipliers: found nothing; expected a name of 1 to 255 bytes, without NUL
            """#),
        DiagnosticCase(
            "too many multipliers",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {cache_miss: 1, output: 2}
                  multipliers: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}
                """#,
            #"""
            6:9: tariffs[0].versions[0].multipliers: found 9 multipliers; expected at most 8
            """#),
        DiagnosticCase(
            "not whole",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {output: 0.000000000001}
                  multipliers: {batch: 0.5}
                  schedules:
                    - {name: night, time_zone: UTC, from: '00:00', until: '06:00', factor: 2}
                """#,
            #"""
            6:9: tariffs[0].versions[0]: found a price beyond 18 decimals a token for output, multipliers batch; expected an exact price
            """#),
        DiagnosticCase(
            "too large",
            versions: #"""
                - from: 2025-01-01T00:00:00Z
                  rates: {output: "100000000000000000000"}
                  multipliers: {x: 10000000000}
                """#,
            #"""
            6:9: tariffs[0].versions[0]: found a price too large for 128 bits for output, multipliers x; expected a smaller one
            """#),
    ])
    func reports(_ each: DiagnosticCase) { each.check() }
}
