/// CSV for other programs, as RFC 4180 has it but with a newline at the end of each line.
enum CSVText {
    /// Lines of fields.
    static func text(_ lines: [[String]]) -> String {
        lines.map { line in line.map(field).joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        let needsQuotes = text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
