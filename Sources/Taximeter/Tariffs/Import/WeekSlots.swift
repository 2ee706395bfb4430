/// A stretch of the day on some weekdays.
struct ImportedWindow: Hashable {
    var start: TimeOfDay
    var end: TimeOfDay
    let weekdays: Weekdays

    /// `00:30-16:30`, or `monday..friday 10:00-24:00`.
    var name: String {
        let days = Self.text(weekdays).joined(separator: ",")
        return (weekdays == .all ? "" : days + " ") + "\(start)-\(end)"
    }

    /// The weekdays as a price book writes them: `monday..friday`.
    static func text(_ weekdays: Weekdays) -> [String] {
        var runs: [[Weekday]] = []
        for day in weekdays.days {
            if let last = runs.last?.last, last.rawValue + 1 == day.rawValue {
                runs[runs.count - 1].append(day)
            } else {
                runs.append([day])
            }
        }
        return runs.compactMap { run in
            guard let first = run.first, let last = run.last else { return nil }
            return first == last ? "\(first)" : "\(first)..\(last)"
        }
    }
}

/// The week cut up by what holds when: sources lay windows over each other and let one win, a price book's windows may
/// not overlap.
struct WeekSlots<Content: Hashable> {
    /// What holds for most of the week: the base prices.
    let base: Content
    /// What else holds, and when, in windows that do not overlap.
    let others: [(content: Content, windows: [ImportedWindow])]

    /// Cuts the week at these times of day.
    ///
    /// - Parameter content: What holds on a weekday from a time of day, in microseconds, to the next cut.
    init(cutAt times: some Sequence<Int64>, content: (Weekday, Int64) -> Content) {
        let starts = Set(times).union([0]).filter { (0..<Instant.day).contains($0) }.sorted()
        let cuts = zip(starts, starts.dropFirst() + [Instant.day]).map { start, end in
            (start: start, end: end, contents: Weekday.allCases.map { content($0, start) })
        }
        var order: [Content] = []
        var length: [Content: Int64] = [:]
        for cut in cuts {
            for content in cut.contents {
                if length[content] == nil { order.append(content) }
                length[content, default: 0] += cut.end - cut.start
            }
        }
        let longest = length.values.max() ?? 0
        let base = order.first { length[$0] == longest } ?? content(.monday, 0)
        self.base = base
        others = order.filter { $0 != base }.map { content in
            let days = cuts.map { cut in
                (cut.start, cut.end, Weekdays(Weekday.allCases.filter { cut.contents[Int($0.rawValue)] == content }))
            }
            return (content, Self.windows(days))
        }
    }

    /// Neighbours on the same weekdays as one window; over midnight only where every day has it.
    private static func windows(_ days: [(start: Int64, end: Int64, weekdays: Weekdays)]) -> [ImportedWindow] {
        var windows: [ImportedWindow] = []
        for (start, end, weekdays) in days where !weekdays.isEmpty {
            guard let start = TimeOfDay(microseconds: start), let end = TimeOfDay(microseconds: end) else { continue }
            if let last = windows.indices.last, windows[last].end == start, windows[last].weekdays == weekdays {
                windows[last].end = end
            } else {
                windows.append(ImportedWindow(start: start, end: end, weekdays: weekdays))
            }
        }
        if windows.count > 1, let first = windows.first, let last = windows.last, first.start == .startOfDay,
            last.end == .endOfDay, first.weekdays == .all, last.weekdays == .all
        {
            windows[windows.count - 1].end = first.end
            windows.removeFirst()
        }
        return windows
    }
}
