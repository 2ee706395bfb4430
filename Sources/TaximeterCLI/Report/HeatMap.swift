import TaximeterPostgres

/// Load by weekday and hour of day as SVG: the darker, the more output tokens a second.
struct HeatMap {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let (left, cell, height) = (44, 38, 26)

    private let load: [[Int128?]]
    private let most: Int128

    /// - Parameter rows: Those of `load_by_weekday_and_hour`.
    init(_ rows: [ViewRow]) {
        var load = [[Int128?]](repeating: [Int128?](repeating: nil, count: 24), count: 7)
        for row in rows {
            guard let day = row["weekday"].flatMap({ Int($0) }), let hour = row["hour_of_day"].flatMap({ Int($0) }),
                (1...7).contains(day), (0...23).contains(hour)
            else { continue }
            load[day - 1][hour] = ChartNumber.millionths(row["output_tokens_per_second"])
        }
        self.load = load
        most = load.flatMap { $0 }.compactMap { $0 }.max() ?? 0
    }

    var svg: String {
        let hours = stride(from: 0, to: 24, by: 3).map {
            "<text class=\"tick start\" x=\"\(Self.left + $0 * Self.cell)\" y=\"12\">\($0):00</text>"
        }
        let rows = load.enumerated().map { day, values in
            let cells = values.enumerated().map { hour, value in cell(day, hour, value) }
            let y = Self.top(day) + 16
            return "<text class=\"tick start\" x=\"0\" y=\"\(y)\">\(Self.weekdays[day])</text>\(cells.joined())\n"
        }
        return """
            <svg viewBox="0 0 960 \(Self.top(7))" role="img">
            <title>Output tokens a second by weekday and hour</title><desc>\(summary)</desc>
            \(hours.joined())
            \(rows.joined())</svg>
            """
    }

    private static func top(_ day: Int) -> Int { 18 + day * height }

    private func cell(_ day: Int, _ hour: Int, _ value: Int128?) -> String {
        let place = """
            x="\(Self.left + hour * Self.cell)" y="\(Self.top(day))" width="\(Self.cell - 2)" height="\(Self.height - 2)"
            """
        guard let value else { return "<rect class=\"none\" \(place) rx=\"2\"/>" }
        // From a twelfth to all of the colour, so that little is not nothing.
        let share = most > 0 ? 800 + Int(value * 9_200 / most) : 800
        let text = "\(Self.weekdays[day]) \(hour):00, \(Figures.count(ChartNumber.decimal(value))) tokens/s"
        return """
            <rect class="heat" \(place) rx="2" fill-opacity="\(ChartScale.text(share / 100))"><title>\(text)</title></rect>
            """
    }

    private var summary: String {
        for (day, values) in load.enumerated() {
            for (hour, value) in values.enumerated() where value == most && most > 0 {
                let count = Figures.count(ChartNumber.decimal(most))
                return "The most, \(count) tokens a second, is on \(Self.weekdays[day]) from \(hour):00."
            }
        }
        return "There is no load."
    }
}
