/// Values by hour as SVG: bars, bars before them, and a line of steps over both. No text in it is anybody's but ours.
struct HourChart {
    /// One set of values, by hour; nil where there is none.
    struct Series {
        /// How it is drawn, and the class of its style.
        enum Form: String { case pale, bar, line }

        let form: Form
        let values: [Int128?]
    }

    /// For people who hear the page.
    let title: String
    let summary: String
    /// Hours: `2025-02-27 12:00`.
    let labels: [String]
    let series: [Series]

    private static let (width, height, left, bottom, labelWidth) = (960, 280, 64, 30, 34)

    var svg: String {
        let most = max(series.flatMap(\.values).compactMap { $0 }.max() ?? 0, 1)
        let step = ChartNumber.step(upTo: most)
        let top = (most + step - 1) / step * step
        let y = ChartScale(0...top, at: (Self.height - Self.bottom, 12))
        let parts = series.map { $0.form == .line ? line($0.values, y) : bars($0, y) }
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img">
            <title>\(title)</title><desc>\(summary)</desc>
            \(grid(step, top, y))\(parts.joined())\(hours)</svg>
            """
    }

    private func grid(_ step: Int128, _ top: Int128, _ y: ChartScale) -> String {
        (0...Int(top / step)).map { line in
            let value = Int128(line) * step
            return """
                <path class="grid" d="M\(Self.left) \(y.place(value))H\(Self.width)"/>\
                <text class="tick end" x="\(Self.left - 8)" y="\(y.place(value))" dy="4">\(ChartNumber.label(value))</text>

                """
        }.joined()
    }

    /// The left edge of an hour, in hundredths.
    private func edge(_ index: Int) -> Int {
        Self.left * 100 + (Self.width - Self.left) * 100 * index / max(labels.count, 1)
    }

    private func bars(_ series: Series, _ y: ChartScale) -> String {
        let gap = labels.count > 200 ? 0 : (edge(1) - edge(0)) / 8
        var path = ""
        for (index, value) in series.values.enumerated() {
            guard let value, value > 0 else { continue }
            let (start, end) = (ChartScale.text(edge(index) + gap), ChartScale.text(edge(index + 1) - gap))
            path += "M\(start) \(y.place(0))V\(y.place(value))H\(end)V\(y.place(0))z"
        }
        return "<path class=\"\(series.form.rawValue)\" d=\"\(path)\"/>\n"
    }

    /// A step an hour; where a value is missing the line is broken.
    private func line(_ values: [Int128?], _ y: ChartScale) -> String {
        var path = ""
        var isDrawing = false
        for (index, value) in values.enumerated() {
            if let value {
                path += isDrawing ? "V\(y.place(value))" : "M\(ChartScale.text(edge(index))) \(y.place(value))"
                path += "H\(ChartScale.text(edge(index + 1)))"
            }
            isDrawing = value != nil
        }
        return "<path class=\"line\" d=\"\(path)\"/>\n"
    }

    /// Hours below the bars, or days where there are many.
    private var hours: String {
        let isDays = labels.count > 72
        let starts = labels.indices.filter { !isDays || labels[$0].hasSuffix("00:00") }
        let every = max(1, (starts.count + 15) / 16)
        // What begins near the right edge would be cut off there.
        let shown = starts.enumerated().filter {
            $0.offset.isMultiple(of: every) && edge($0.element) <= (Self.width - Self.labelWidth) * 100
        }
        return shown.map { _, index in
            let text = isDays ? labels[index].dropFirst(5).prefix(5) : labels[index].suffix(5)
            return """
                <text class="tick" x="\(ChartScale.text(edge(index)))" y="\(Self.height - Self.bottom + 18)">\(text)</text>

                """
        }.joined()
    }
}
