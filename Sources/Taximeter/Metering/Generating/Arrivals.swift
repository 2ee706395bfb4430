/// The instants of one stream's events: gaps of work, laid out over windows that hold more or less of it.
///
/// A gap is used up faster where more is expected. So the mean follows the windows, and bursts stay bursts.
struct Arrivals: Sendable {
    private let windows: [LoadStream.Window]
    private let work: [UInt64]
    private let periodWork: UInt64
    private let window: Int64
    private let until: Int64
    private var windowStart: Int64
    private(set) var place: Int
    /// How much of the window's work is behind us.
    private var position: UInt64

    /// - Parameter work: What is expected in each window, in units of 1/``GapSampler/one``.
    init(_ windows: [LoadStream.Window], work: [UInt64], window: Int64, from: Instant, until: Instant) {
        self.windows = windows
        self.work = work
        periodWork = work.reduce(0, +)
        self.window = window
        self.until = until.microseconds
        windowStart = from.floored(toMicroseconds: window).microseconds
        place = Int(CivilDate.floorModulo(CivilDate.floorQuotient(windowStart, window), Int64(work.count)))
        position = Self.scaled(work[place], UInt64(from.microseconds - windowStart), over: UInt64(window))
    }

    /// The next instant in microseconds, or nil when it would not be before the end.
    mutating func next(_ table: ExponentialTable, _ random: inout SplitMix64) -> Int64? {
        if periodWork == 0 { return nil }
        var gap = windows[place].gaps.sample(table, &random)
        if gap >= periodWork {
            let periods = Int64(clamping: gap / periodWork)
            let (skipped, overflow) = periods.multipliedReportingOverflow(by: window * Int64(work.count))
            let (start, overflowed) = windowStart.addingReportingOverflow(skipped)
            if overflow || overflowed { return nil }
            windowStart = start
            gap %= periodWork
        }
        while gap >= work[place] - position {
            gap -= work[place] - position
            windowStart += window
            if windowStart >= until { return nil }
            place = place + 1 == work.count ? 0 : place + 1
            position = 0
        }
        position += gap
        let time = windowStart + Int64(Self.scaled(UInt64(window), position, over: work[place]))
        return time < until ? time : nil
    }

    /// `value × part ÷ whole`, where the part is less than the whole.
    private static func scaled(_ value: UInt64, _ part: UInt64, over whole: UInt64) -> UInt64 {
        whole.dividingFullWidth(value.multipliedFullWidth(by: part)).quotient
    }
}
